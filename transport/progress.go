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

// AwaitContents notes that a function waits for contents that another one in this context
// has begun to pull, until done is called: the time in which they move is not counted
// against its timeout, as that of its own contents is not. If ctx is not that of a
// function, it does nothing.
func AwaitContents(ctx context.Context) (done func()) {
	if n := nodeOf(ctx); n != nil {
		return n.progress.waits()
	}
	return func() {}
}

// progress tells the caller of one running function that it goes on.
type progress struct {
	broker *Broker
	to     Message // the frame, which has no payload
	began  time.Time
	told   atomic.Int64 // when it was told last, since began

	all *meter // of the contents of all functions of the context

	mu      sync.Mutex // guards what follows
	transit transit    // of the contents of the call
	timer   *time.Timer
	waiting int           // reads and writes of contents that have not returned
	seen    int64         // of all, since waiting began, what is in transit
	heard   time.Time     // when waiting began, or something moved while it waits
	lag     time.Duration // by which what moved while it waits is behind the slowest rate
}

// meter counts bytes that have moved, and when the last of them did, in ns since the
// broker's beginning.
type meter struct{ bytes, at atomic.Int64 }

// contentsPatience is how long a function whose time is over may still wait for the next
// of its contents: one frame takes 8 s at the slowest rate.
const contentsPatience = 10 * time.Second

func newProgress(b *Broker, caller Address, id uint32, all *meter) *progress {
	return &progress{broker: b, to: Message{Dst: caller, Src: b.self, Handle: id, flags: flagCredit}, began: time.Now(), all: all}
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
	p.all.at.Store(int64(now.Sub(p.broker.since)))
	p.all.bytes.Add(int64(n))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting > 0 {
		p.overhear(int64(n), now)
	} else {
		p.transit.add(int64(n), now)
	}
	if p.transit.due(now) {
		p.transit.settle(p.began)
	}
}

// overhear counts what has moved while the function waits: own bytes, and those of others,
// which share the line, as far as they account for the time of waiting. The caller holds
// mu.
func (p *progress) overhear(own int64, now time.Time) {
	all := p.all.bytes.Load()
	n := all - p.seen
	at := now
	if last := p.broker.since.Add(time.Duration(p.all.at.Load())); last.Before(now) {
		at = last
	}
	if p.seen = all; n <= 0 || at.Before(p.heard) {
		return
	}
	p.transit.add(max(own, min(n, int64(at.Sub(p.heard)*slowest/time.Second))), at)
	p.lag = max(0, p.lag+at.Sub(p.heard)-timeOf(n))
	p.heard = at
}

// waits notes that the function waits for contents to move, until done is called.
func (p *progress) waits() (done func()) {
	if p == nil {
		return func() {}
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting++; p.waiting == 1 {
		p.heard, p.seen = now, p.all.bytes.Load()
	}
	return p.waited
}

func (p *progress) waited() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
}

// moved is for how long the contents of the function have moved.
func (p *progress) moved() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.transit.took
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
	if p.waiting > 0 {
		p.overhear(0, now)
	}
	p.transit.settle(p.began)
	left := d + p.transit.took - now.Sub(p.began)
	if left <= 0 && p.waiting > 0 {
		left = contentsPatience - p.lag - now.Sub(p.heard)
	}
	if left > 0 && p.timer != nil {
		p.timer.Reset(left)
	}
	return left <= 0
}
