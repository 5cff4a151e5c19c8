package transport

import (
	"context"
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
