package transport_test

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// trunk is the line of a bastion, one way: what the bastion writes or is told and what others
// do whose connections go through it are one stream of bytes there, of a rate in bytes a second.
type trunk struct {
	rate    atomic.Int64
	queue   chan trunkPiece
	over    chan struct{}
	done    chan struct{}
	under   atomic.Int64 // bytes that are under way
	carried atomic.Int64 // bytes that have arrived
	mute    atomic.Bool  // the bastion is stopped: it writes nothing more
}

type trunkPiece struct {
	to io.Writer
	p  []byte
}

func newTrunk(rate int64) *trunk {
	k := &trunk{queue: make(chan trunkPiece, 1<<20), over: make(chan struct{}), done: make(chan struct{})}
	k.rate.Store(rate)
	go func() {
		defer close(k.done)
		for {
			select {
			case one := <-k.queue:
				time.Sleep(time.Duration(len(one.p)) * time.Second / time.Duration(k.rate.Load()))
				_, _ = one.to.Write(one.p)
				k.under.Add(-int64(len(one.p)))
				k.carried.Add(int64(len(one.p)))
			case <-k.over:
				return
			}
		}
	}()
	return k
}

func (k *trunk) end() {
	close(k.over)
	<-k.done
}

// onTrunk is an agent that writes into a trunk, and is told what comes through another one.
type onTrunk struct {
	transporttest.Agent
	trunk   *trunk
	through bool
	down    *trunk // nil: it is told everything at once
}

// downTrunk is what is written to an agent through a trunk. A write never waits.
type downTrunk struct {
	*trunk
	to io.Writer
}

func (k downTrunk) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), 4<<10)
		k.under.Add(int64(n))
		k.queue <- trunkPiece{k.to, bytes.Clone(rest[:n])}
		rest = rest[n:]
	}
	return len(p), nil
}

func (k onTrunk) Through() bool { return k.through }

func (k onTrunk) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Agent.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	near, closer := l.R, l.Close
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		for {
			p := make([]byte, 4<<10)
			n, err := near.Read(p)
			if err != nil {
				return
			}
			if !k.through && k.trunk.mute.Load() {
				continue
			}
			k.trunk.under.Add(int64(n))
			k.trunk.queue <- trunkPiece{w, p[:n]}
		}
	}()
	l.R, l.Close = r, func() error { _ = r.Close(); return closer() }
	if k.down != nil {
		l.W = downTrunk{k.down, l.W}
	}
	return l, nil
}

// A line whose rate falls while a host behind a bastion sends: what is under way by then has
// to arrive first, and the bastion's heartbeats come late with it. It is not taken for lost,
// unless it is stopped.
func TestABastionWhoseLineBecomesSlow(t *testing.T) {
	for name, stopped := range map[string]bool{"it lives": false, "it is stopped": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newTrunk(8 << 20)
				defer k.end()
				b := transport.NewBroker(transport.Options{HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second})
				bastion, err := next(b, nil, onTrunk{agent(), k, false, nil})
				if err != nil {
					t.Fatal(err)
				}
				host, err := bastion.Connect(t.Context(), onTrunk{agent(), k, true, nil})
				if err != nil {
					t.Fatal(err)
				}
				_, p := fills.CallPipe(t.Context(), host, 1<<30)
				go func() { _, _ = io.Copy(io.Discard, p) }()
				time.Sleep(3 * time.Second)
				under := k.under.Load()
				k.rate.Store(16 << 10)
				k.mute.Store(stopped)
				begin := time.Now()
				patience, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				_, err = bastion.Lost().Get(patience)
				lost := patience.Err() == nil
				took := time.Since(begin)
				if drained := time.Duration(under) * time.Second / (16 << 10); lost != stopped || stopped && took > drained+15*time.Second {
					t.Errorf("lost is %v after %s: %v; what was under way took %s", lost, took, err, drained)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// A line that carries 40 MB/s and falls to 30 KB/s while a host behind a bastion sends or is
// sent something: calls to both are answered within seconds, as what was under way by then is
// little. A line that is long has more under way, by what it carries in its round trip.
func TestASmallCallOnALineThatBecomesSlow(t *testing.T) {
	const quick, slow = 40e6, 30e3
	for name, c := range map[string]struct {
		isSent bool
		delay  time.Duration // each way
	}{
		"near, on the way up":   {false, 100 * time.Microsecond},
		"near, on the way down": {true, 100 * time.Microsecond},
		"far, on the way up":    {false, 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, down := newTrunk(quick), newTrunk(quick)
				defer up.end()
				defer down.end()
				b := transport.NewBroker(transport.Options{HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second})
				on := onTrunk{agent(), up, false, down}
				on.Delay = c.delay
				bastion, err := next(b, nil, on)
				if err != nil {
					t.Fatal(err)
				}
				on.through = true
				host, err := bastion.Connect(t.Context(), on)
				if err != nil {
					t.Fatal(err)
				}
				busy := fillsOrDrinks(t, host, c.isSent, up, down)
				time.Sleep(time.Second / 2)
				before := busy.carried.Load()
				time.Sleep(time.Second / 2)
				if rate := 2 * (busy.carried.Load() - before); rate < quick*8/10 {
					t.Errorf("%d bytes arrived in a second, want 8 of 10 of %d", rate, int(quick))
				}
				up.rate.Store(slow)
				down.rate.Store(slow)
				bound := 6*time.Second + time.Duration(2*c.delay.Seconds()*1.25*quick/slow*float64(time.Second))
				for range 3 {
					begin := time.Now()
					for what, to := range map[string]*transport.Context{"the bastion": bastion, "the host": host} {
						if _, err := echo.Call(t.Context(), to, textIn{}); err != nil || time.Since(begin) > bound {
							t.Errorf("%d bytes were under way; a call to %s took %s (%v), want %s at most", busy.under.Load(), what, time.Since(begin), err, bound)
						}
					}
					bound = 3 * time.Second
					time.Sleep(10 * time.Second)
				}
				_ = b.Shutdown()
			})
		})
	}
}

// A line whose rate falls while a host behind a bastion is sent something: what its parent says
// to the bastion stands behind that, for longer than the parent itself would wait for the
// bastion. The bastion does not give its parent up for that.
func TestABastionHearsLateOfItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down := newTrunk(40e6), newTrunk(40e6)
		defer up.end()
		defer down.end()
		b := transport.NewBroker(transport.Options{HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second})
		bastion, err := next(b, nil, onTrunk{agent(), up, false, down})
		if err != nil {
			t.Fatal(err)
		}
		host, err := bastion.Connect(t.Context(), onTrunk{agent(), up, true, down})
		if err != nil {
			t.Fatal(err)
		}
		fillsOrDrinks(t, host, true, up, down)
		time.Sleep(time.Second)
		under := down.under.Load()
		down.rate.Store(14 << 10)
		if late := time.Duration(under) * time.Second / (14 << 10); late < 9*time.Second || late > 15*time.Second {
			t.Fatalf("what is under way takes %s, want 9 s to 15 s", late)
		}
		patience, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if _, err := bastion.Lost().Get(patience); patience.Err() == nil {
			t.Errorf("the bastion was lost: %v", err)
		}
		_ = b.Shutdown()
	})
}

// fillsOrDrinks lets a host send without end, or take what is sent, and returns the trunk that is
// busy with it.
func fillsOrDrinks(t *testing.T, host *transport.Context, isSent bool, up, down *trunk) *trunk {
	t.Helper()
	if !isSent {
		_, p := fills.CallPipe(t.Context(), host, 1<<30)
		go func() { _, _ = io.Copy(io.Discard, p) }()
		return up
	}
	_, p := drinks.CallPipe(t.Context(), host, none{})
	go func() {
		for some := make([]byte, 64<<10); ; {
			if _, err := p.Write(some); err != nil {
				return
			}
		}
	}()
	return down
}
