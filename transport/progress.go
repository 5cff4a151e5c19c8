package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// advanceEvery is how often a function that goes on says so at most, and how
// long it runs before it says so first.
const advanceEvery = time.Second

// Advance tells the caller of a function that the function goes on: that it has
// read more bytes of a file, or has come to the next entry of a directory. It
// costs next to nothing: at most one small frame goes out in a second. If ctx
// is not that of a function, it does nothing.
func Advance(ctx context.Context) {
	if n := nodeOf(ctx); n != nil && n.progress != nil {
		n.progress.advance()
	}
}

// progress tells the caller of one running function that it goes on.
type progress struct {
	broker *Broker
	to     Message // the frame, which has no payload
	began  time.Time
	told   atomic.Int64 // when it was told last, since began

	mu      sync.Mutex // guards what follows
	transit transit    // of the contents of the call
	timer   *time.Timer
}

func newProgress(b *Broker, caller Address, id uint32) *progress {
	return &progress{broker: b, to: Message{Dst: caller, Src: b.self, Handle: id, flags: flagCredit}, began: time.Now()}
}

func (p *progress) advance() {
	now, told := int64(time.Since(p.began)), p.told.Load()
	if now-told < int64(advanceEvery) || !p.told.CompareAndSwap(told, now) {
		return
	}
	m := p.to
	_ = p.broker.send(&m)
}

// carried notes that so many bytes of the function's contents have moved.
func (p *progress) carried(n int) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.transit.add(int64(n), now); p.transit.due(now) {
		p.transit.settle(p.began, now)
	}
}

// limit calls over when the function has run for d, but for the time in which its
// contents moved. stop ends that.
func (p *progress) limit(d time.Duration, over func()) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(d, func() {
		if p.expired(d) {
			over()
		}
	})
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.timer.Stop()
		p.timer = nil
	}
}

// expired reports whether the time of the function is over. If it is not, the timer is
// set again.
func (p *progress) expired(d time.Duration) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.transit.settle(p.began, now)
	left := d + p.transit.took - now.Sub(p.began)
	if left > 0 && p.timer != nil {
		p.timer.Reset(left)
	}
	return left <= 0
}
