package transport

import (
	"context"
	"sync/atomic"
	"time"
)

// advanceEvery is how often a function that goes on says so at most, and how
// long it runs before it says so at all.
const advanceEvery = time.Second

// Advance tells who called the function that it goes on: it read more bytes of
// a file, or came to the next entry of a folder. It costs next to nothing; at
// most one small frame a second goes out. Outside of a function it does nothing.
func Advance(ctx context.Context) {
	if n := nodeOf(ctx); n != nil && n.progress != nil {
		n.progress.advance()
	}
}

// progress is that of one running function.
type progress struct {
	broker *Broker
	to     Message // without payload
	began  time.Time
	told   atomic.Int64 // when it was last told, since began
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
