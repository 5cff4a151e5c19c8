//go:build unix

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// dumped is what Broker.Dump prints. It must not take long.
func dumped(t *testing.T, b *transport.Broker) string {
	t.Helper()
	var text bytes.Buffer
	began := time.Now()
	b.Dump(&text)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the dump took %s", took)
	}
	return text.String()
}

func wantLines(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(text) {
			t.Errorf("nothing matches %q in\n%s", p, text)
		}
	}
}

// A dump shows the whole tree: calls with their age and deadline, also in contexts that
// a function has started, queues, when neighbours were heard, and goroutines. It does not show
// what functions were called with.
func TestDumpShowsTheWholeTree(t *testing.T) {
	b, chain := tree(t, transport.Options{}, transporttest.Process{}, 2)
	ctx := within(t, time.Hour)
	running := sleepy.CallAsync(ctx, chain[1], textIn{Text: "s3cret", N: 1000}, transport.Timeout(17*time.Minute))
	after := echo.CallAsync(ctx, chain[1], textIn{Text: "s3cret"}, transport.After(running))
	if _, err := nested.Call(ctx, chain[0], textIn{Text: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	if _, err := echo.Call(ctx, chain[1], textIn{}); err != nil { // so the call before it has arrived
		t.Fatal(err)
	}
	text := dumped(t, b)
	wantLines(t, text,
		`^ +\S+s  broker 0$`,
		`^ +\S+s  child 0\.1 \(hop1\) was heard last; \d+ bytes wait to be written to it, 0 frames of them bulk`,
		`^ +\S+s  call sleepy in hop2 \(id \d+\) waits for its reply; its time ends in 59m\S+s`,
		`^context 0\.1 \(hop1\):$`,
		`^\| +\S+s  parent was heard last`,
		`^\| +\S+s  child 0\.1\.1 \(hop2\) (was heard last|is starting)`,
		`^\| context 0\.1\.1:1 \(test 0\.1\.1:1\):\n\| \| +\S+s  broker 0\.1\.1:1$`,
		`^  context 0\.1\.1 \(hop2\):$`,
		`^  \| +\S+s  function sleepy is running, for at most 17m0s; id \d+$`,
		`^  \| +\S+s  function echo is waiting for 1 calls that it comes after`,
		`^  \| +goroutines:\n  \| +\d+: \S.*: \S+`,
	)
	if strings.Contains(text, "s3cret") || strings.Contains(text, "call transport.dump") || strings.Contains(text, "function transport.dump") {
		t.Errorf("it has an argument, or itself, in it:\n%s", text)
	}
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
	if _, err := after.Get(ctx); err == nil {
		t.Error("a call outlives its context")
	}
}

// A context that does not answer holds a dump up for 2 s, and so do all that are behind
// it together. What is known of them is said.
func TestDumpOfAHungHop(t *testing.T) {
	b, chain := tree(t, transport.Options{}, transporttest.Process{}, 3)
	ctx := within(t, time.Minute)
	running := sleepy.CallAsync(ctx, chain[2], textIn{N: 1000})
	if _, err := echo.Call(ctx, chain[2], textIn{}); err != nil {
		t.Fatal(err)
	}
	g, err := chain[1].Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(g.PID), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "hop2 goes on", func() bool { // on a busy machine, for long enough to answer
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", g.PID))
		return errors.Is(err, os.ErrNotExist) || strings.Contains(string(stat), ") T ")
	})
	wantLines(t, dumped(t, b),
		`^context 0\.1 \(hop1\):$`,
		`^\| +\S+s  child 0\.1\.1 \(hop2\) was heard last`,
		`^  context 0\.1\.1 \(hop2\) did not answer within 2s$`,
		`^    context 0\.1\.1\.1 \(hop3\) did not answer within 2s, and neither did hop2, which it is behind; calls that wait for it: 1, the oldest for \S+s$`,
	)
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
	if _, err := running.Get(ctx); err == nil {
		t.Error("a call outlives its context")
	}
}

// However much waits, a dump stays readable.
func TestDumpOfAFloodIsBounded(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	const calls = 2000
	ctx, cancel := context.WithCancel(t.Context())
	var all []*transport.Result[none]
	for range calls {
		all = append(all, hang.CallAsync(ctx, chain[0], none{}))
	}
	if _, err := chain[0].Ready().Get(ctx); err != nil {
		t.Fatal(err)
	}
	text := dumped(t, b)
	wantLines(t, text, fmt.Sprintf(`^ +and %d more$`, calls-40), `^\| .*function hang is running; id \d+$`, `^\| .*is waiting for its turn: 32 of 32 are running; id \d+$`)
	if len(text) > 100<<10 {
		t.Errorf("it has %d bytes", len(text))
	}
	cancel()
	for _, r := range all {
		<-r.Done()
	}
}

// What is known first is printed first, and each context with one write.
func TestDumpPrintsAsItComes(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 2)
	if _, err := last(chain).Ready().Get(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() { b.Dump(w); w.Close() }()
	piece := make([]byte, 1<<20)
	for _, begin := range []string{"", "context 0.1 (hop1):\n| ", "  context 0.1.1 (hop2):\n  | "} {
		n, err := r.Read(piece)
		if err != nil || !strings.HasPrefix(string(piece[:n]), begin) || piece[n-1] != '\n' {
			t.Errorf("after %v, want %q first, got %q", err, begin, piece[:n])
		}
	}
	if n, err := r.Read(piece); err != io.EOF {
		t.Errorf("then there is %q, %v", piece[:n], err)
	}
}
