package transport_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	slogger "github.com/mitoplan/mitoplan/transport/logger"
)

// blockedLog is a log that takes no entry that has a text in it until it is freed. Before,
// and after, it keeps what it gets.
type blockedLog struct {
	entries
	slog.Handler
	at   string
	free chan struct{}
}

func newBlockedLog(at string) *blockedLog {
	return &blockedLog{Handler: slog.DiscardHandler, at: at, free: make(chan struct{})}
}

func (l *blockedLog) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (l *blockedLog) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += fmt.Sprint(" ", a); return true })
	if strings.Contains(text, l.at) {
		<-l.free
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, text)
	return nil
}

// A log that is stuck at an entry of one context delays the calls there for a second, once,
// and those of another context not at all. When it moves again, it gets the entry, the
// number of those that were left out, and then what comes, in order.
func TestAStuckLogDelaysNothingButItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBlockedLog("context=hop1 i=0")
		_, chain := tree(t, transport.Options{Log: slogger.Slog(log)}, agent(), 2)
		call := func(c *transport.Context, n int, most time.Duration) {
			t.Helper()
			began := time.Now()
			if _, err := talk.Call(within(t, time.Minute), c, textIn{N: n}); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > most {
				t.Errorf("a call that logs %d entries took %v, want %v at most", n, took, most)
			}
		}
		call(chain[1], 1, 0)
		call(chain[0], 5000, time.Second) // more than the window of a context
		call(chain[0], 5000, 0)
		call(chain[1], 5000, 0)
		synctest.Wait()
		if n := log.count("context=hop1"); n != 0 {
			t.Errorf("a log that is stuck got %d entries", n)
		}
		close(log.free)
		synctest.Wait()
		call(chain[0], 0, 0)
		var got []string
		for _, l := range log.all() {
			if strings.Contains(l, "context=hop1") {
				got = append(got, l)
			}
		}
		// Each call prints two lines beside its entries.
		if want := fmt.Sprint("the log did not take them logger=hop1 context=hop1 count=", 2*5000+4-1); len(got) != 4 || !strings.HasPrefix(got[0], "entry ") || !strings.Contains(got[1], want) ||
			!strings.Contains(got[2], "stdout: out") || !strings.Contains(got[3], "stdout: part") {
			t.Errorf("%d entries came, %q; want the first, %q, and the two lines of the last call", len(got), got[:min(len(got), 5)], want)
		}
	})
}

// The shutdown does not wait for a log that is stuck, and leaves nothing running but the log.
// What the context was asked before is answered.
func TestShutdownWithAStuckLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBlockedLog("context=hop")
		b, chain := tree(t, transport.Options{Log: slogger.Slog(log)}, agent(), 2)
		var calls []*transport.Result[none]
		for _, c := range chain {
			calls = append(calls, talk.CallAsync(t.Context(), c, textIn{N: 10}))
		}
		synctest.Wait()
		began := time.Now()
		if err := b.Shutdown(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the shutdown took %v", took)
		}
		for i, call := range calls {
			select {
			case <-call.Done():
			default:
				t.Errorf("after the shutdown, the call in %v has no result", chain[i].Chain())
			}
		}
		synctest.Wait()
		for _, g := range goroutines() {
			if strings.Contains(g, "synctest bubble") && strings.Contains(g, "mitoplan/transport.") && !strings.Contains(g, "blockedLog") {
				t.Errorf("it is left running beside the log:\n%s", g)
			}
		}
		close(log.free)
		synctest.Wait()
		if n := log.count("context=hop"); n < 2 {
			t.Errorf("%d entries came, want the first of each context", n)
		}
	})
}

// goroutines are the stacks of all goroutines but the one that asks, those of other tests too.
func goroutines() []string {
	b := make([]byte, 1<<20)
	return strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n")[1:]
}

// Entries of this process itself wait for no log: a stream's reader goes on, and a bounded
// number of them waits. How many were left out is told.
func TestAStuckLogDelaysNoReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBlockedLog("a call without a reply failed")
		_, chain := tree(t, transport.Options{Log: slogger.Slog(log)}, agent(), 1)
		n := 0
		for range 1000 {
			if fail.CallNoReply(t.Context(), chain[0], textIn{}) == nil { // it has not failed yet
				n++
			}
		}
		began := time.Now()
		if _, err := talk.Call(within(t, time.Minute), chain[0], textIn{N: 1}); err != nil || time.Since(began) > 0 {
			t.Errorf("a call took %v: %v", time.Since(began), err)
		}
		time.Sleep(2 * time.Second)
		close(log.free)
		synctest.Wait()
		shown, lost := 0, 0
		for _, l := range log.all() {
			if strings.Contains(l, "without a reply") {
				shown++
			}
			var some int
			if _, count, ok := strings.Cut(l, "did not take them count="); ok {
				_, _ = fmt.Sscan(count, &some)
				lost += some
			}
		}
		if shown+lost != n || n > 0 && shown != 1 {
			t.Errorf("%d entries came and %d are said to be lost, want one and the rest of %d", shown, lost, n)
		}
	})
}

// A logger of hclog has one lock for all contexts: when it is stuck at an entry of one, the
// others cannot log either, and their calls return even so.
func TestALogWithOneLockIsStuckForAll(t *testing.T) {
	out := &stuckLog{release: make(chan struct{})}
	b := transport.NewBroker(transport.Options{Log: hclog.New(&hclog.LoggerOptions{Output: out})})
	t.Cleanup(func() { _ = b.Shutdown() })
	t.Cleanup(func() { close(out.release) })
	ctx := within(t, time.Minute)
	for _, name := range []string{"stuck", "other"} {
		c, err := transport.NewRouter(b).Connect(ctx, agent(), transport.WithName(name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := talk.Call(ctx, c, textIn{N: 3000}); err != nil {
			t.Errorf("context %s: %v", name, err)
		}
	}
}
