package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// A log entry of a host cannot pass for one of the controller or of another host.
// The pairs, names and messages that the host sends here look like what the
// controller adds to an entry.
func TestALogEntryDoesNotSpeakForOthers(t *testing.T) {
	pairs := []string{
		"context", "victim", "Context", "victim", "address", "0.1", "logger", "x", "@level", "error", "@@module", "x", "@timestamp", "x",
		"time", "x", "level", "x", "message", "x", "msg", "x", "caller", "x", "a=1 context", "victim", "", "x", "\x1b[31mcontext", "victim",
		"context\n", "victim", "ok", "kept",
	}
	for _, format := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			log := hclog.New(&hclog.LoggerOptions{Name: "mitoplan", Level: hclog.Debug, Output: &out, JSONFormat: format})
			b := transport.NewBroker(transport.Options{Log: log})
			k := lying(t, func(l *liar) {
				l.send(0, transport.Message{Handle: transport.HandleLog, Data: transport.EncodeEntry("x: ok context=victim", "hello\n2026 [ERROR] victim: no", pairs...)})
				l.next(transport.HandleShutdown)
			})
			if _, err := transport.NewRouter(b).Connect(context.Background(), k, transport.WithName("liar")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			_ = b.Shutdown()
			var line string
			for l := range strings.Lines(out.String()) {
				if strings.Contains(l, "hello") {
					line += l
				}
			}
			if !format {
				if strings.Count(line, " context=") != 1 || !strings.Contains(line, " context=liar") || !strings.Contains(line, "ok=kept") || strings.Count(line, "\n") != 1 {
					t.Errorf("want one line with context=liar as its only context: %q", line)
				}
				return
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			for key, want := range map[string]string{"context": "liar", "@level": "info", "host.context": "victim", "ok": "kept"} {
				if got[key] != want {
					t.Errorf("%s is %v, want %s", key, got[key], want)
				}
			}
			if m := fmt.Sprint(got["@module"]); !strings.HasPrefix(m, "mitoplan.liar.") || strings.ContainsAny(m, " =:") {
				t.Errorf("the logger is %q, want a clean name that begins with mitoplan.liar.", m)
			}
			for key := range got {
				if strings.EqualFold(key, "address") || strings.EqualFold(key, "logger") || key == "time" || key == "Context" {
					t.Errorf("the host could set %s=%v", key, got[key])
				}
			}
		})
	}
}

// A host that logs without end gets a bounded number of lines, and one line says
// how many entries were left out.
func TestAMillionLogEntries(t *testing.T) {
	const sent = 200_000
	synctest.Test(t, func(t *testing.T) {
		log, rec := logger()
		b := transport.NewBroker(transport.Options{Log: log})
		k := lying(t, func(l *liar) {
			data := transport.EncodeLog("noise")
			for range sent {
				l.send(0, transport.Message{Handle: transport.HandleLog, Data: data})
			}
			_, _ = io.Copy(io.Discard, l.rw)
		})
		if _, err := transport.NewRouter(b).Connect(context.Background(), k, transport.WithName("liar")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		shown := rec.count("noise")
		if shown > transport.EntryBurst+10_000 {
			t.Errorf("%d of %d entries were shown, want %d at most", shown, sent, transport.EntryBurst+10_000)
		}
		if n := rec.count("log entries dropped"); n != 1 || rec.count(fmt.Sprint("count ", sent-shown)) != 1 {
			t.Errorf("%d lines say that entries were dropped, want one with the count %d", n, sent-shown)
		}
		_ = b.Shutdown()
	})
}

// An honest agent may log more bytes at once than may be under way: all of its
// entries arrive.
func TestLongLogEntriesOfAnHonestAgentArrive(t *testing.T) {
	log, rec := logger()
	_, chain := tree(t, transport.Options{Log: log}, agent(), 2)
	const n = 600
	if _, err := talks.Call(within(t, 60*time.Second), last(chain), textIn{N: n}); err != nil {
		t.Fatal(err)
	}
	if got := rec.count("long entry"); got != n || rec.count("log entries dropped") > 0 {
		t.Errorf("%d of %d entries arrived", got, n)
	}
}

// talks logs so many entries of about 60 KiB each.
var talks = transport.NewFunc("talks", func(_ context.Context, n *transport.Node, in textIn) (none, error) {
	text := strings.Repeat("x", 4<<10)
	var pairs []any
	for i := range 15 {
		pairs = append(pairs, fmt.Sprint("k", i), text)
	}
	for range in.N {
		n.Log().Info("long entry", pairs...)
	}
	return none{}, nil
})

// Dropped frames are logged a few times a minute, with a count of those that are
// not shown. The counts add up to all that were sent.
func TestDroppedFramesAreOneLineWithACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, rec := logger()
		b := transport.NewBroker(transport.Options{Log: log})
		k := lying(t, func(l *liar) {
			for range 600 {
				for range 100 {
					l.send(0, transport.Message{Handle: transport.HandleSetup})
				}
				time.Sleep(100 * time.Millisecond)
			}
			_, _ = io.Copy(io.Discard, l.rw)
		})
		if _, err := transport.NewRouter(b).Connect(context.Background(), k, transport.WithName("liar")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(65 * time.Second)
		if one, more := rec.count("frame dropped ["), rec.count("more frames dropped"); one > 7 || more > 7 || more == 0 {
			t.Errorf("%d lines of single frames and %d with a count, want 7 at most of each and one count at least", one, more)
		}
		_ = b.Shutdown()
		counted := rec.count("frame dropped [")
		for _, l := range rec.all() {
			var n int
			if i := strings.Index(l, "more frames dropped [count "); i >= 0 {
				_, _ = fmt.Sscan(l[i+len("more frames dropped [count "):], &n)
				counted += n
			}
		}
		if counted != 60_000 {
			t.Errorf("the lines and counts add up to %d dropped frames, want 60000", counted)
		}
	})
}
