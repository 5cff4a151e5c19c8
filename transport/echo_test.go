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

// trunk is the line of a bastion on the way up: what the bastion writes and what others write
// whose connections go through it are one stream of bytes there, of a rate in bytes a second.
type trunk struct {
	rate  atomic.Int64
	queue chan trunkPiece
	over  chan struct{}
	done  chan struct{}
	under atomic.Int64 // bytes that are under way
	mute  atomic.Bool  // the bastion is stopped: it writes nothing more
}

type trunkPiece struct {
	to *io.PipeWriter
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

// onTrunk is an agent that writes into a trunk.
type onTrunk struct {
	transporttest.Agent
	trunk   *trunk
	through bool
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
			p := make([]byte, 1<<10)
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
				bastion, err := next(b, nil, onTrunk{agent(), k, false})
				if err != nil {
					t.Fatal(err)
				}
				host, err := bastion.Connect(t.Context(), onTrunk{agent(), k, true})
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
