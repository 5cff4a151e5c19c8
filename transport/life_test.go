package transport_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestStartsThatFail(t *testing.T) {
	table := map[string]struct {
		change func(*transporttest.Agent)
		phase  transport.Phase
		cause  string
	}{
		"connector": {func(k *transporttest.Agent) { k.Fail = errors.New("no way") }, "test", "no way"},
		"problem": {func(k *transporttest.Agent) {
			k.Fail = &kind.Problem{Summary: "wrong password"}
		}, "test", "wrong password"},
		"ends": {func(k *transporttest.Agent) {
			k.LastWords = "sh: not found"
			k.Child = func(io.ReadWriteCloser, transport.Start) int { return 127 }
		}, "greeting", "ended before its greeting"},
		"garbage": {func(k *transporttest.Agent) {
			k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
				_, _ = rw.Write([]byte("Welcome to this host! There is much to read here."))
				return 0
			}
		}, "greeting", "bad frame"},
		"an agent of the protocol before": {func(k *transporttest.Agent) {
			k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
				_, _ = transport.NewRaw(rw).GreetAs(transport.Protocol - 1)
				return 0
			}
		}, "greeting", "speaks protocol 3 and this program 4: the agent is too old"},
		"silent": {func(k *transporttest.Agent) {
			k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
				_, _ = io.Copy(io.Discard, rw)
				return 0
			}
		}, "greeting", "timed out after 3s"},
		"hangs": {func(k *transporttest.Agent) { k.Hang = true }, "test", "timed out after 3s"},
	}
	for name, c := range table {
		for depth := 1; depth <= 2; depth++ {
			synctest.Test(t, func(t *testing.T) {
				bad := agent()
				c.change(&bad)
				good := agent()
				good.Serve.Connectors = []transport.ConnectorType{bad.Type()}
				b, chain := tree(t, transport.Options{}, good, depth-1)
				ctx := context.Background()
				begin := time.Now()
				x, err := next(b, chain, bad, transport.WithName("x"), transport.WithTimeout(3*time.Second))
				if err != nil {
					t.Fatal(err)
				}
				r := echo.CallAsync(ctx, x, textIn{})
				behind, err := x.Connect(ctx, agent(), transport.WithName("behind"))
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.Get(ctx)
				e := wantAs[*transport.ConnectError](t, err)
				if e.Context != "x" || e.Phase != c.phase || !strings.Contains(e.Cause, c.cause) {
					t.Errorf("%s at depth %d: got %+v, want phase %s and %q", name, depth, e, c.phase, c.cause)
				}
				if name == "ends" && (e.Exit == nil || e.Exit.Status != 127 || e.LastWords != "sh: not found") {
					t.Errorf("at depth %d the exit status or the last words are missing: %+v", depth, e)
				}
				if name == "problem" && e.Problem == nil {
					t.Errorf("at depth %d the problem is missing: %+v", depth, e)
				}
				_, err = behind.Ready().Get(ctx)
				if be := wantAs[*transport.ConnectError](t, err); be.Context != "behind" || be.Root != error(e) && be.Root.Error() != e.Error() {
					t.Errorf("%s at depth %d: the context behind must name the same root cause: %+v", name, depth, be)
				}
				if d := time.Since(begin); d > 9*time.Second {
					t.Errorf("%s at depth %d took %v", name, depth, d)
				}
				_ = b.Shutdown()
			})
		}
	}
}

func TestTheEndOfCtxEndsAStart(t *testing.T) {
	for depth := 1; depth <= 3; depth++ {
		synctest.Test(t, func(t *testing.T) {
			bad := agent()
			bad.Hang = true
			good := agent()
			good.Serve.Connectors = []transport.ConnectorType{agent().Type()}
			b, chain := tree(t, transport.Options{}, good, depth-1)
			ctx, cancel := context.WithCancel(context.Background())
			var x *transport.Context
			var err error
			if depth == 1 {
				x, err = transport.NewRouter(b).Connect(ctx, bad)
			} else {
				x, err = last(chain).Connect(ctx, bad)
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			cancel()
			begin := time.Now()
			_, err = x.Ready().Get(context.Background())
			wantAs[*transport.ConnectError](t, err)
			if time.Since(begin) > time.Second {
				t.Errorf("depth %d: the start ended %v after its ctx, want 1 s at most", depth, time.Since(begin))
			}
			_ = b.Shutdown()
		})
	}
}

func TestALostHopIsTheOneRootCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end *transporttest.End
		k := agent()
		var once sync.Once
		first := k
		first.Serve.Connectors = []transport.ConnectorType{k.Type()}
		first.Started = func(e *transporttest.End, _ transport.Start) { once.Do(func() { end = e }) }
		b, chain := tree(t, transport.Options{}, first, 3)
		ctx := context.Background()
		through, err := last(chain).Connect(ctx, throughAgent{agent()}, transport.WithName("ssh"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := echo.Call(ctx, through, textIn{}); err != nil {
			t.Fatal(err)
		}
		running := hang.CallAsync(ctx, chain[2], none{})
		behind := hang.CallAsync(ctx, through, none{})
		synctest.Wait()
		end.Cut()
		_, err = chain[0].Lost().Get(ctx)
		if e := wantAs[*transport.LostError](t, err); e.Context != "hop1" || e.Root != "" || !strings.Contains(e.Cause, "cut") {
			t.Errorf("got %+v, want hop1 as lost by itself", e)
		}
		for _, r := range []*transport.Result[none]{running, behind} {
			_, err = r.Get(ctx)
			if e := wantAs[*transport.LostError](t, err); e.Root != "hop1" {
				t.Errorf("got %+v, want hop1 as the root", e)
			}
		}
		if through.Address().String() != "0.2" {
			t.Errorf("a context dialled through another has the address %s, want 0.2", through.Address())
		}
		_ = b.Shutdown()
	})
}

// throughAgent is an agent that the controller itself dials through another
// context, as ssh does.
type throughAgent struct{ transporttest.Agent }

func (throughAgent) Through() bool { return true }

func TestSilenceIsLoss(t *testing.T) {
	for name, c := range map[string]struct {
		down        bool // nothing arrives on the way down, but the agent is heard until it ends
		least, most time.Duration
	}{
		"both ways":       {false, 10 * time.Second, 21 * time.Second},
		"on the way down": {true, 25 * time.Second, 36 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var end *transporttest.End
				k := slowLine{agent(), 1 << 20, new(atomic.Bool)}
				k.Started = func(e *transporttest.End, _ transport.Start) { end = e }
				b, chain := tree(t, transport.Options{}, k, 1)
				ctx := context.Background()
				if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
					t.Fatalf("a call after an idle hour failed: %v", err)
				}
				if c.down {
					end.Stall()
				} else {
					k.cut.Store(true)
				}
				begin := time.Now()
				_, err := chain[0].Lost().Get(ctx)
				e := wantAs[*transport.LostError](t, err)
				if d := time.Since(begin); d < c.least || d > c.most {
					t.Errorf("lost after %v of silence, want %s to %s: %v", d, c.least, c.most, e)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// The timeout of a silent connection counts from the last byte that came, and not
// from the next heartbeat. The loss is told when the timeout is over. Waiting for
// an exit status may add up to two seconds.
func TestSilenceCountsFromTheLastByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end *transporttest.End
		k := agent()
		k.Started = func(e *transporttest.End, _ transport.Start) { end = e }
		b, chain := tree(t, transport.Options{HeartbeatInterval: 10 * time.Second, HeartbeatTimeout: 15 * time.Second}, k, 1)
		ctx := context.Background()
		if _, err := chain[0].Ready().Get(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
			t.Fatal(err)
		}
		end.Stall()
		begin := time.Now()
		_, err := chain[0].Lost().Get(ctx)
		wantAs[*transport.LostError](t, err)
		if d := time.Since(begin); d < 15*time.Second || d > 17*time.Second {
			t.Errorf("lost after %v of silence, want 15 s to 17 s", d)
		}
		_ = b.Shutdown()
	})
}

func TestShutdownIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, chain := tree(t, transport.Options{}, agent(), 3)
		r := deaf.CallAsync(context.Background(), last(chain), textIn{N: 100})
		if _, err := echo.Call(context.Background(), last(chain), textIn{}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := b.Shutdown(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if d := time.Since(begin); d > 10*time.Second {
			t.Errorf("a hanging function held the shutdown for %v", d)
		}
		if _, err := r.Get(context.Background()); err == nil {
			t.Error("a call outlived its context")
		}
		if b.Shutdown() != nil {
			t.Error("a second shutdown gave an error")
		}
		if _, err := transport.NewRouter(b).Connect(context.Background(), agent()); err == nil {
			t.Error("a context started after the shutdown")
		}
		time.Sleep(200 * time.Second)
	})
}

func TestParentLossEndsEverythingBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := transporttest.Pair(0)
		done := make(chan error, 1)
		go func() {
			done <- transport.ServeOn(context.Background(), agent().Serve, far, far)
		}()
		raw := transport.NewRaw(near)
		if _, err := raw.Read(); err != nil {
			t.Fatal(err)
		}
		if err := raw.Write(0, transport.SetupFrame()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		near.Cut()
		begin := time.Now()
		if err := <-done; err == nil {
			t.Error("ServeOn returned no error after the loss of its parent")
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("the agent ended %v after the loss of its parent, want 5 s at most", d)
		}
	})
}

// An agent waits twice as long for a word of its parent as the parent for one of it.
func TestASilentParentIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := transporttest.Pair(0)
		done := make(chan error, 1)
		go func() {
			done <- transport.ServeOn(context.Background(), agent().Serve, far, far)
		}()
		raw := transport.NewRaw(near)
		if _, err := raw.Read(); err != nil {
			t.Fatal(err)
		}
		if err := raw.Write(0, transport.SetupFrame()); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, near) }()
		begin := time.Now()
		err := <-done
		if d := time.Since(begin); err == nil || d < 30*time.Second || d > 35*time.Second {
			t.Errorf("the agent ended after %v (%v), want twice 15 s and 5 s at most", d, err)
		}
	})
}

func TestAReplacedContextHasALaterGeneration(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	ctx, old, r := within(t, 10*time.Second), chain[0], transport.NewRouter(b)
	if _, err := r.Connect(ctx, agent(), transport.WithReplaced(old)); err == nil {
		t.Error("a context that is still up was replaced")
	}
	if err := old.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	c, err := r.Connect(ctx, agent(), transport.WithReplaced(old))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := echo.Call(ctx, c, textIn{}); got != "@0.1" || err != nil {
		t.Errorf("got %q, %v; want @0.1", got, err)
	}
	if c.Address() == old.Address() || c.Address().Generation() != 1 {
		t.Errorf("addresses %v and %v, want the second with generation 1", old.Address(), c.Address())
	}
}

func TestDumpSaysWhoWaits(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 2)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hang.CallAsync(ctx, chain[1], none{})
	if _, err := echo.Call(within(t, 10*time.Second), chain[1], textIn{}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	b.Dump(&out)
	for _, want := range []string{"broker 0\n", "call hang in hop2", "function hang is running", "context 0.1.1 (hop2):"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the dump lacks %q:\n%s", want, out.String())
		}
	}
}
