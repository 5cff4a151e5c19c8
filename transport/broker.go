package transport

import (
	"cmp"
	"time"
)

// Broker owns every stream and every child process of this program, and all
// contexts that were started from it. A program makes one with NewBroker, starts
// contexts through a Router, and ends everything with Shutdown. Nothing that
// belongs to a Broker outlives Shutdown, which is bounded. An agent has a Broker
// of its own, which it makes when its parent has set it up. A Broker never obeys
// a context below it. Any goroutine may use it.
type Broker struct {
	nursery
	since time.Time
	// pulls are of blobs by the children; puller bounds those from the parent.
	pulls  pulls
	puller puller
	keeper *keeper
	given  Options // to NewBroker

	// Guarded by the exchange's mutex.
	contexts map[Address]*Context
	indexes  map[Address]uint32  // the last index chosen below each address
	gone     map[Address]*naming // of contexts that have ended, while lines of starts are wanted
}

// NewBroker makes the controller's broker; Shutdown ends it.
func NewBroker(o Options) *Broker {
	o.Name = cmp.Or(o.Name, thisProgram())
	b := newBroker(o, Address{})
	b.given = o
	return b
}

// newBroker makes the broker of the context with that address.
func newBroker(o Options, self Address) *Broker {
	b := &Broker{since: time.Now(), keeper: newKeeper(), contexts: make(map[Address]*Context), indexes: make(map[Address]uint32)}
	b.nursery.open(o, self)
	b.puller.slots = make(chan struct{}, pullsOfNeighbour)
	b.contextsBehind, b.progressed, b.childGone = b.countBehind, b.callsProgress, b.forgetPulls
	b.services[handlePull] = service{fromTheChild, b.pulled}
	b.services[handleLog] = service{fromBelow, func(_ *Stream, m *Message) { b.logged(m) }}
	b.services[handleLost] = service{fromBelow, b.childLost}
	return b
}

// unmade reports a Broker that is nil, or a zero value.
func (b *Broker) unmade() bool { return b == nil || b.ctx == nil }

// Shutdown ends the whole subtree within Options.ShutdownTimeout and says what
// could not be ended. Calling it again returns the same.
func (b *Broker) Shutdown() error {
	if b.unmade() {
		return errNoBroker
	}
	b.end(b.opt.ShutdownTimeout)
	return b.ended
}

// contextAt is the context of that address, nil if it was not started from here.
func (b *Broker) contextAt(a Address) *Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.contexts[a]
}

// naming is how lines show a context.
type naming struct {
	name  string
	chain []string
}

// maxGone is how many of those are kept that have ended.
const maxGone = 1 << 10

// namingOf is how lines show the context of that address, also if it has ended a short while
// ago: what its parent has to say of the end may come later. It is nil if the context was not
// started from here.
func (b *Broker) namingOf(a Address) *naming {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.contexts[a]; c != nil {
		return &naming{c.name, c.chain}
	}
	return b.gone[a]
}

// keepNaming keeps how lines show a context that has ended. The caller holds mu.
func (b *Broker) keepNaming(c *Context) {
	if !b.log.IsDebug() || c.child != nil {
		return
	}
	if b.gone == nil || len(b.gone) >= maxGone {
		b.gone = make(map[Address]*naming)
	}
	b.gone[c.address] = &naming{c.name, c.chain}
}

// nearest is the context of that address or the nearest one above it that was
// started from here.
func (b *Broker) nearest(a Address) *Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	for a.Behind(b.self) && a != b.self {
		if c := b.contexts[a]; c != nil {
			return c
		}
		a = a.Parent()
	}
	return nil
}

// countBehind counts the contexts that were started from here behind an address,
// the one at that address not counted.
func (b *Broker) countBehind(a Address) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for other := range b.contexts {
		if other != a && other.Behind(a) {
			n++
		}
	}
	return n
}
