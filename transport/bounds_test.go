package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// mute is an agent that greets and sends heartbeats, but does not serve calls. Each
// call is handed to answer, or left unanswered if answer is nil. If claims is true,
// the agent claims progress on every open call once a second.
func mute(claims bool, answer func(r *transport.Raw, self transport.Address, call *transport.Message)) transporttest.Agent {
	k := agent()
	k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			return 1
		}
		calls := make(chan *transport.Message, 64)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				m, err := raw.Read()
				if err != nil {
					return
				}
				if m.Handle == transport.HandleCall {
					calls <- m
				}
			}
		}()
		var open []*transport.Message
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return 0
			case m := <-calls:
				open = append(open, m)
				if answer != nil {
					answer(raw, self, m)
				}
			case <-tick.C:
				_ = raw.Write(0, &transport.Message{Dst: self.Parent(), Src: self, Handle: transport.HandleHeartbeat})
				for _, m := range open {
					if claims {
						_ = raw.Write(transport.FlagCredit, &transport.Message{Src: self, Handle: m.ReplyTo})
					}
				}
			}
		}
	}
	return k
}

var usual = transport.Bounds{Stall: time.Minute, Total: 10 * time.Minute}

// A call ends when its bounds say so, although its context stays alive: one agent
// only sends heartbeats, the other claims progress for ever.
func TestBoundsOfACall(t *testing.T) {
	forever := context.Background()
	for name, tt := range map[string]struct {
		agent  transporttest.Agent
		bounds transport.Bounds
		phase  transport.Phase
		after  time.Duration
	}{
		"heartbeats only":      {mute(false, nil), usual, transport.PhaseStalled, time.Minute},
		"claims progress":      {mute(true, nil), usual, transport.PhaseEndless, 10 * time.Minute},
		"no bound on stalling": {mute(false, nil), transport.Bounds{Total: time.Hour}, transport.PhaseEndless, time.Hour},
		"no bound in all":      {mute(false, nil), transport.Bounds{Stall: time.Hour}, transport.PhaseStalled, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, chain := tree(t, transport.Options{}, tt.agent, 1)
				if _, err := chain[0].Ready().Get(forever); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				first := echo.CallAsync(forever, chain[0], textIn{}, transport.Bounded(tt.bounds))
				second := echo.CallAsync(forever, chain[0], textIn{}, transport.Bounded(tt.bounds), transport.After(first))
				_, err := first.Get(forever)
				if e := wantAs[*transport.TimeoutError](t, err); e.Phase != tt.phase || e.After != tt.after {
					t.Errorf("got %+v, want phase %s after %s", e, tt.phase, tt.after)
				}
				_, err = second.Get(forever)
				wantAs[*transport.SkippedError](t, err)
				if took := time.Since(began); took != tt.after {
					t.Errorf("took %s, want %s", took, tt.after)
				}
			})
		})
	}
}

// The time of a call begins when its context is up. With InTurn it begins only when
// the calls before it have ended.
func TestWhenTheTimeOfACallBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := mute(false, func(r *transport.Raw, self transport.Address, m *transport.Message) {
			if bytes.Contains(m.Data, []byte("answer me")) {
				time.Sleep(20 * time.Second)
				_ = r.Write(0, &transport.Message{Src: self, Handle: m.ReplyTo, Data: transport.EncodeReply("yes")})
			}
		})
		lies := k.Child
		k.Child = func(rw io.ReadWriteCloser, s transport.Start) int {
			time.Sleep(5 * time.Second)
			return lies(rw, s)
		}
		_, chain := tree(t, transport.Options{HeartbeatTimeout: time.Hour}, k, 1)
		forever, began := context.Background(), time.Now()
		b := transport.Bounds{Total: 30 * time.Second}
		turn := b
		turn.InTurn = true
		first := echo.CallAsync(forever, chain[0], textIn{Text: "answer me"}, transport.Bounded(b))
		sent := echo.CallAsync(forever, chain[0], textIn{}, transport.Bounded(b), transport.After(first))
		inTurn := echo.CallAsync(forever, chain[0], textIn{}, transport.Bounded(turn), transport.After(first))
		if _, err := first.Get(forever); err != nil {
			t.Error(err)
		}
		_, err := sent.Get(forever)
		wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took != 35*time.Second {
			t.Errorf("a call was given up %s after it was sent, want 5 s to be up and 30 s", took)
		}
		_, err = inTurn.Get(forever)
		wantAs[*transport.TimeoutError](t, err)
		if took := time.Since(began); took < 55*time.Second || took > 85*time.Second {
			t.Errorf("a call in its turn was given up after %s, want 55 s to 85 s", took)
		}
	})
}

// A function that makes progress says so once a second, over any number of hops,
// and its call is not given up.
func TestProgressCrossesTheWire(t *testing.T) {
	slow := transport.NewFunc("slow", func(ctx context.Context, _ *transport.Node, in textIn) (string, error) {
		for range 3000 {
			time.Sleep(100 * time.Millisecond)
			transport.Advance(ctx)
		}
		return in.Text, ctx.Err()
	})
	hangs := transport.NewFunc("hangs", func(ctx context.Context, _ *transport.Node, _ textIn) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	synctest.Test(t, func(t *testing.T) {
		k := agent()
		k.Serve.Functions = []transport.Function{slow, hangs}
		var frames atomic.Int64 // counted by every stream of the broker
		count := func(transport.FrameEvent) { frames.Add(1) }
		_, chain := tree(t, transport.Options{Frames: count, HeartbeatInterval: time.Hour, HeartbeatTimeout: 2 * time.Hour}, k, 3)
		forever := context.Background()
		if _, err := last(chain).Ready().Get(forever); err != nil {
			t.Fatal(err)
		}
		frames.Store(0)
		if _, err := slow.Call(forever, last(chain), textIn{Text: "x"}, transport.Bounded(usual)); err != nil {
			t.Errorf("a call that made progress for 5 minutes failed: %v", err)
		}
		if n := frames.Load(); n < 200 || n > 310 {
			t.Errorf("%d frames were sent in 300 s, want 200 to 310", n)
		}
		_, err := hangs.Call(forever, last(chain), textIn{}, transport.Bounded(usual))
		if e := wantAs[*transport.TimeoutError](t, err); e.Phase != transport.PhaseStalled {
			t.Errorf("got %+v, want phase %s", e, transport.PhaseStalled)
		}
		// The function was cancelled in the agent, too: at the end of the test none
		// of its goroutines runs.
		time.Sleep(time.Second)
		synctest.Wait()
	})
}

// A dump says of each call what it waits for and when it will be given up.
func TestDumpShowsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, chain := tree(t, transport.Options{}, mute(false, nil), 1)
		r := echo.CallAsync(context.Background(), chain[0], textIn{}, transport.Bounded(usual))
		time.Sleep(20 * time.Second)
		var text strings.Builder
		b.Dump(&text)
		for _, want := range []string{"waits for its reply", "last progress 20s ago, given up after 1m0s without any; given up after 10m0s in all"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the dump lacks %q:\n%s", want, text.String())
			}
		}
		if _, err := r.Get(context.Background()); !errors.As(err, new(*transport.TimeoutError)) {
			t.Errorf("got %v, want a TimeoutError", err)
		}
	})
}

// A long message that arrives piece by piece counts as progress, in both
// directions.
func TestTransfersAreProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := agent()
		k.Delay = 12 * time.Second
		b := transport.NewBroker(transport.Options{HeartbeatInterval: time.Hour, HeartbeatTimeout: 2 * time.Hour})
		defer func() { _ = b.Shutdown() }()
		forever := context.Background()
		c, err := transport.NewRouter(b).Connect(forever, k, transport.WithTimeout(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ready().Get(forever); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := echo.Call(forever, c, textIn{Text: strings.Repeat("x", 20<<20)}, transport.Bounded(usual)); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 2*time.Minute {
			t.Errorf("the transfer took %s: it must take longer than the stall bound of a minute to prove anything", took)
		}
	})
}

// Waits other than calls have bounds of their own: an agent that never answers
// holds none of them for ever.
func TestALiarHoldsNoOtherWait(t *testing.T) {
	for name, tt := range map[string]struct {
		wait func(t *testing.T, b *transport.Broker, c *transport.Context)
		want time.Duration
	}{
		"cancel": {func(t *testing.T, _ *transport.Broker, c *transport.Context) {
			ctx, cancel := context.WithCancel(context.Background())
			r := echo.CallAsync(ctx, c, textIn{})
			cancel()
			_, err := r.Get(context.Background())
			if e := wantAs[*transport.CancelledError](t, err); e.Phase != "no answer" {
				t.Errorf("got %+v, want phase \"no answer\"", e)
			}
		}, 10 * time.Second},
		"a context below it": {func(t *testing.T, _ *transport.Broker, c *transport.Context) {
			below, err := c.Connect(context.Background(), agent(), transport.WithTimeout(3*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			_, err = below.Ready().Get(context.Background())
			if e := wantAs[*transport.ConnectError](t, err); e.Phase != "spawn" {
				t.Errorf("got %+v, want phase \"spawn\"", e)
			}
		}, 16 * time.Second},
		"dump":     {func(t *testing.T, b *transport.Broker, _ *transport.Context) { b.Dump(io.Discard) }, 2 * time.Second},
		"shutdown": {func(_ *testing.T, b *transport.Broker, _ *transport.Context) { _ = b.Shutdown() }, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, chain := tree(t, transport.Options{}, mute(false, nil), 1)
				if _, err := chain[0].Ready().Get(context.Background()); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				tt.wait(t, b, chain[0])
				if took := time.Since(began); took > tt.want {
					t.Errorf("took %s, want %s at most", took, tt.want)
				}
			})
		})
	}
}
