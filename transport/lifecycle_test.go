package transport_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

var (
	// standard looks at the standard descriptors, and writes n bytes to the second one, itself
	// and through a program, in one write each.
	standard = transport.NewFunc("standard", func(_ context.Context, _ *transport.Node, n int) (string, error) {
		input, err := io.ReadAll(os.Stdin)
		if err != nil {
			return "", err
		}
		said := fmt.Sprintf("%d bytes of input", len(input))
		for fd := 1; fd <= 2; fd++ {
			flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
			if errno != 0 {
				return "", errno
			}
			said += fmt.Sprintf(", %d blocks: %v", fd, flags&syscall.O_NONBLOCK == 0)
		}
		line := strings.Repeat("x", 1023) + "\n"
		wrote, err := os.Stdout.WriteString(strings.Repeat(line, n/len(line)))
		if err != nil || wrote != n {
			return "", fmt.Errorf("wrote %d: %w", wrote, err)
		}
		cmd := exec.Command("sh", "-c", `cat; test -t 1 || echo no terminal`)
		cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Repeat(line, n/len(line))), os.Stdout
		return said, cmd.Run()
	})
	givesChannel = transport.NewFunc("givesChannel", func(context.Context, *transport.Node, none) (any, error) {
		return map[string]any{"c": make(chan int)}, nil
	})
	// slowLines prints n lines whatever becomes of its call.
	slowLines = transport.NewFunc("slowLines", func(_ context.Context, _ *transport.Node, n int) (none, error) {
		for i := range n {
			fmt.Println("last", i)
			if i%100 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		return none{}, nil
	})
)

// Functions find an empty input, and output that blocks, as programs expect. A mebibyte that
// one write gives it arrives, their own and that of a program, before the result.
func TestOutputBlocksAndArrives(t *testing.T) {
	log, rec := logger()
	_, chain := tree(t, transport.Options{Log: log}, transporttest.Process{}, 1)
	said, err := standard.Call(within(t, 60*time.Second), chain[0], 1<<20)
	if err != nil || said != "0 bytes of input, 1 blocks: true, 2 blocks: true" {
		t.Errorf("got %q, %v", said, err)
	}
	if n := rec.count("stdout: xxx"); n != 2<<10 || rec.count("stdout: no terminal") != 1 {
		t.Errorf("%d of 2048 lines came before the result", n)
	}
}

// What a function prints is never lost, though the context is told to end while it prints.
func TestTheLastLinesBeforeAShutdown(t *testing.T) {
	const n = 5000
	for name, end := range map[string]func(context.Context, *transport.Broker, *transport.Context) error{
		"of a context behind another": func(ctx context.Context, _ *transport.Broker, c *transport.Context) error { return c.Shutdown(ctx) },
		"of the one above it": func(ctx context.Context, _ *transport.Broker, c *transport.Context) error {
			return c.Via().Shutdown(ctx)
		},
		"of all": func(_ context.Context, b *transport.Broker, _ *transport.Context) error { return b.Shutdown() },
	} {
		t.Run(name, func(t *testing.T) {
			log, rec := logger()
			b, chain := tree(t, transport.Options{Log: log}, transporttest.Process{}, 2)
			ctx := within(t, 60*time.Second)
			slowLines.CallAsync(ctx, chain[1], n)
			eventually(t, "it does not print", func() bool { return rec.count("stdout: last") > 0 })
			if err := end(ctx, b, chain[1]); err != nil {
				t.Fatal(err)
			}
			if came := rec.count("stdout: last"); came != n {
				t.Errorf("%d of %d lines came before the end was told", came, n)
			}
		})
	}
}

// When Shutdown has returned, the process is gone and was waited for, and calls fail: those of
// before, and later ones. Of a context that died, they say how.
func TestCallsOfAContextThatIsGone(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{}, 2)
	ctx := within(t, 60*time.Second)
	var pids []int
	for _, c := range chain {
		g, err := c.Ready().Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, int(g.PID))
	}
	waits := hang.CallAsync(ctx, chain[1], none{})
	if err := syscall.Kill(pids[1], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_, err := waits.Get(ctx)
	for i := range 2 {
		if e := wantAs[*transport.LostError](t, err); e.Context != "hop2" || e.Root != "" {
			t.Errorf("call %d: got %+v, want that hop2 was lost", i, e)
		}
		_, err = echo.Call(ctx, chain[1], textIn{})
	}
	if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
		t.Errorf("a call in the parent: %v", err)
	}
	waits = hang.CallAsync(ctx, chain[0], none{})
	if err := chain[0].Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pids[0], 0); err != syscall.ESRCH {
		t.Errorf("the process is still there: %v", err)
	}
	_, err = waits.Get(ctx)
	wantAs[*transport.CancelledError](t, err)
	_, err = echo.Call(ctx, chain[0], textIn{})
	wantAs[*transport.CancelledError](t, err)
	if err := chain[0].Shutdown(ctx); err != nil {
		t.Errorf("a second shutdown: %v", err)
	}
}

// A result that cannot cross fails its call with the place that is to blame, and nothing else.
func TestAResultThatCannotCross(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 20*time.Second)
	beside := sleepy.CallAsync(ctx, chain[1], textIn{Text: "well"})
	_, err := givesChannel.Call(ctx, chain[1], none{})
	if e := wantAs[*transport.RemoteError](t, err); !strings.Contains(e.Message, `["c"] a chan int, which cannot cross the wire`) {
		t.Errorf("got %q", e.Message)
	}
	if got, err := beside.Get(ctx); got != "well" || err != nil {
		t.Errorf("a call beside it: %q, %v", got, err)
	}
}

// Of two chains of calls in one context, the one that fails skips its own followers, in
// whatever order the calls are made, and those that come later are a new chain.
func TestChainsOfCallsThatOverlap(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx, c := within(t, 20*time.Second), chain[0]
	good := echo.CallAsync(ctx, c, textIn{Text: "a"})
	bad := fail.CallAsync(ctx, c, textIn{Text: "root"})
	goodNext := echo.CallAsync(ctx, c, textIn{Text: "b"}, transport.After(good))
	badNext := echo.CallAsync(ctx, c, textIn{Text: "c"}, transport.After(bad))
	goodLast := echo.CallAsync(ctx, c, textIn{Text: "d"}, transport.After(goodNext))
	badLast := echo.CallAsync(ctx, c, textIn{Text: "e"}, transport.After(badNext))
	both := echo.CallAsync(ctx, c, textIn{Text: "f"}, transport.After(goodLast, badLast))
	for _, r := range []*transport.Result[string]{good, goodNext, goodLast} {
		if _, err := r.Get(ctx); err != nil {
			t.Errorf("the chain that does not fail: %v", err)
		}
	}
	for _, r := range []*transport.Result[string]{badNext, badLast, both} {
		_, err := r.Get(ctx)
		wantAs[*transport.SkippedError](t, err)
		if e := wantAs[*transport.RemoteError](t, err); e.Message != "root" {
			t.Errorf("got %q, want the first cause", e.Message)
		}
	}
	again := echo.CallAsync(ctx, c, textIn{Text: "g"})
	if _, err := echo.Call(ctx, c, textIn{}, transport.After(again)); err != nil {
		t.Errorf("a later chain: %v", err)
	}
}
