package transport_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// slowLine runs an agent behind a line of a rate, in bytes per second and direction, and
// with buffers that never fill: a write returns at once, and says nothing.
type slowLine struct {
	transporttest.Agent
	rate int
	cut  *atomic.Bool // nothing arrives any more, and nothing says so
}

// Start starts the agent.
func (k slowLine) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Agent.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	transporttest.Narrow(l, k.rate, k.cut)
	return l, nil
}

// onSlowLine starts a context over 8 KB/s with 300 ms each way, as mitoplan does.
func onSlowLine(t *testing.T) (b *transport.Broker, c *transport.Context, cut *atomic.Bool) {
	t.Helper()
	cut = new(atomic.Bool)
	b, c = onCutLine(t, 8<<10, 300*time.Millisecond, cut)
	return b, c, cut
}

// onLine starts a context over a line of that rate and delay.
func onLine(t *testing.T, rate int, delay time.Duration) (*transport.Broker, *transport.Context) {
	t.Helper()
	return onCutLine(t, rate, delay, new(atomic.Bool))
}

func onCutLine(t *testing.T, rate int, delay time.Duration, cut *atomic.Bool) (*transport.Broker, *transport.Context) {
	t.Helper()
	k := slowLine{agent(), rate, cut}
	k.Delay = delay
	b := transport.NewBroker(transport.Options{HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second})
	c, err := next(b, nil, k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ready().Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, c
}

// soon is how long a small frame and its answer may take beside bulk over that line.
const soon = 3 * time.Second

// TestSmallFramesOvertakeOnASlowLine: whichever way a long message goes, a call beside
// it is answered soon, nobody takes the context for lost, and the message arrives. It
// has progress all the time, although it takes longer than the bound without.
func TestSmallFramesOvertakeOnASlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, _ := onSlowLine(t)
		began := time.Now()
		both := large.CallAsync(t.Context(), c, make([]byte, 1<<20), transport.Bounded(usual))
		for range 25 {
			time.Sleep(10 * time.Second)
			begin := time.Now()
			if _, err := echo.Call(t.Context(), c, textIn{}); err != nil || time.Since(begin) > soon {
				t.Errorf("%s after the beginning, a call took %s: %v", begin.Sub(began), time.Since(begin), err)
			}
		}
		if out, err := both.Get(t.Context()); err != nil || len(out) != 1<<20 {
			t.Errorf("%d bytes came back, %v", len(out), err)
		}
		if took := time.Since(began); took < 250*time.Second || took > 320*time.Second {
			t.Errorf("a MiB there and back took %s over 8 KB/s, want some 260 s", took)
		}
		if err := b.Shutdown(); err != nil {
			t.Error(err)
		}
	})
}

// TestCancelBehindATransfer: a call is cancelled soon although a long message goes the
// same way.
func TestCancelBehindATransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, _ := onSlowLine(t)
		large.CallAsync(t.Context(), c, make([]byte, 1<<20))
		ctx, cancel := context.WithCancel(t.Context())
		r := hang.CallAsync(ctx, c, none{})
		time.Sleep(30 * time.Second)
		cancel()
		begin := time.Now()
		_, err := r.Get(t.Context())
		if e := wantAs[*transport.CancelledError](t, err); e.Phase != "running" || time.Since(begin) > soon {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		_ = b.Shutdown()
	})
}

// TestCancelOfACallThatIsOnItsWay: a call that is cancelled before its request has left
// whole ends at once, and says whether a part of it has. Its function never runs, also if
// others are called meanwhile, and the context works on.
func TestCancelOfACallThatIsOnItsWay(t *testing.T) {
	for name, c := range map[string]struct {
		before int // bytes of a call that goes first
		after  time.Duration
		phase  transport.Phase
	}{
		"nothing has left":  {256 << 10, time.Second, transport.PhaseNotSent},
		"some of it has":    {0, 10 * time.Second, transport.PhaseOnItsWay},
		"most of it has":    {0, 27 * time.Second, transport.PhaseOnItsWay},
		"all of it is here": {0, time.Minute, transport.PhaseRunning},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, at := onLine(t, 8<<10, 300*time.Millisecond)
				if c.before > 0 {
					large.CallAsync(t.Context(), at, make([]byte, c.before))
				}
				longRuns.Store(0)
				ctx, cancel := context.WithCancel(t.Context())
				r := longHang.CallAsync(ctx, at, make([]byte, 256<<10))
				time.Sleep(c.after)
				cancel()
				begin := time.Now()
				_, err := r.Get(t.Context())
				took := time.Since(begin)
				e := wantAs[*transport.CancelledError](t, err)
				if atOnce := c.phase != transport.PhaseRunning; e.Phase != c.phase || took > soon || atOnce && took > 0 {
					t.Errorf("after %s: %v, want the phase %q", took, err, c.phase)
				}
				for range 20 { // which lets the context forget what was before
					if _, err := echo.Call(t.Context(), at, textIn{}); err != nil {
						t.Error(err)
					}
					time.Sleep(5 * time.Second)
				}
				if ran := longRuns.Load() > 0; ran != (c.phase == transport.PhaseRunning) {
					t.Errorf("that the function ran is %v", ran)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// longRuns counts the runs of longHang, which hangs until it is cancelled.
var (
	longRuns atomic.Int32
	longHang = transport.NewFunc("longHang", func(ctx context.Context, _ *transport.Node, _ []byte) (none, error) {
		longRuns.Add(1)
		<-ctx.Done()
		return none{}, ctx.Err()
	})
)

// TestCancelOfACallThatWrites: what is on its way in the pipe of a call does not hold up the
// news that the call was cancelled, or ran out of time because its contents move too slowly.
func TestCancelOfACallThatWrites(t *testing.T) {
	for name, c := range map[string]struct {
		rate int
		opts []transport.CallOption
		soon time.Duration
	}{
		"cancelled":   {8 << 10, nil, soon},
		"out of time": {2 << 10, []transport.CallOption{transport.Timeout(30 * time.Second)}, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, at := onLine(t, c.rate, 300*time.Millisecond)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r, p := fills.CallPipe(ctx, at, 4<<20, c.opts...)
				go func() { _, _ = io.Copy(io.Discard, p) }()
				time.Sleep(30 * time.Second)
				if c.opts == nil {
					cancel()
				}
				begin := time.Now()
				if _, err := r.Get(t.Context()); err == nil || time.Since(begin) > c.soon {
					t.Errorf("after %s: %v", time.Since(begin), err)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// TestShutdownWithAFullQueue: a context that has much to say and to be told yet ends when
// it is told to, by its own word.
func TestShutdownWithAFullQueue(t *testing.T) {
	for name, wait := range map[string]time.Duration{"as it goes down": 30 * time.Second, "as it comes up": 160 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, _ := onSlowLine(t)
				large.CallAsync(t.Context(), c, make([]byte, 1<<20))
				time.Sleep(wait)
				begin := time.Now()
				if err := c.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); took > 7*time.Second {
					t.Errorf("it took %s to end", took)
				}
				if _, err := c.Lost().Get(t.Context()); err != nil {
					t.Errorf("it ended with %v", err)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// TestDeadBehindATransfer: a line that is cut in the middle of a long message is told
// within 10 s.
func TestDeadBehindATransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, cut := onSlowLine(t)
		large.CallAsync(t.Context(), c, make([]byte, 1<<20))
		time.Sleep(time.Minute)
		begin := time.Now()
		cut.Store(true)
		_, err := c.Lost().Get(t.Context())
		wantAs[*transport.LostError](t, err)
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("it was told after %s", took)
		}
		_ = b.Shutdown()
	})
}
