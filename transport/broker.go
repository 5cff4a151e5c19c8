package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Options are what a Broker works with.
type Options struct {
	// Log gets the broker's own records and, under their context's name, those
	// of all contexts. nil is silence.
	Log hclog.Logger
	// Agents says where images come from: in the controller a store of them,
	// in an agent the process' own.
	Agents AgentSource
	// Connectors are the kinds that this process starts when asked from above.
	Connectors []ConnectorType
	// Frames is told of every frame that crosses one of the broker's streams,
	// by several goroutines.
	Frames func(FrameEvent)
	// Guard is deferred in the broker's goroutines, to catch a panic before the
	// runtime prints what it holds. nil leaves that to the runtime.
	Guard func()
	// 0 is 5 s, 15 s, 5 s, 10 s.
	HeartbeatInterval, HeartbeatTimeout, KillDelay, ShutdownTimeout time.Duration
	// Name is "USER@HOST:PID" of the controller; it is carried to all agents,
	// which call themselves "mitoplan:" and this name.
	Name string

	// softQueue is where producers wait; 0 is the default.
	softQueue int
}

func (o Options) filled() Options {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	defaults := []struct {
		d   *time.Duration
		def time.Duration
	}{
		{&o.HeartbeatInterval, 5 * time.Second},
		{&o.HeartbeatTimeout, 15 * time.Second},
		{&o.KillDelay, 5 * time.Second},
		{&o.ShutdownTimeout, 10 * time.Second},
	}
	for _, d := range defaults {
		if *d.d == 0 {
			*d.d = d.def
		}
	}
	if o.softQueue == 0 {
		o.softQueue = softQueue
	}
	return o
}

// FrameEvent is one frame that crossed a stream.
type FrameEvent struct {
	// Out is true for a frame that was sent.
	Out      bool
	Src, Dst Address
	Handle   uint32
	Size     int
}

// handler is what a handle leads to.
type handler interface {
	// receive is called by a stream's reader and never blocks.
	receive(m *Message)
}

// Broker owns every stream and child process from attach to bounded shutdown.
// Any goroutine may use it.
type Broker struct {
	opt    Options
	log    hclog.Logger
	self   Address
	up     *Stream // nil in the controller
	engine *engine // runs calls from above; nil in the controller
	bulk   bulkSender
	drops  dropLog
	since  time.Time

	ctx    context.Context // ends when the shutdown begins
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // every goroutine of the broker

	mu         sync.Mutex // guards what follows
	closing    bool
	children   map[Address]*child
	contexts   map[Address]*Context
	indexes    map[Address]uint32 // the last index chosen below each address
	handlers   map[uint32]handler
	passes     map[pass]map[Address]struct{} // who may send where, child to child
	lastHandle uint32

	shutdown sync.Once
	ended    error
}

var errShutdown = errors.New("the broker was shut down")

// NewBroker makes the controller's broker; Shutdown ends it.
func NewBroker(o Options) *Broker { return newBroker(o, Address{}) }

func newBroker(o Options, self Address) *Broker {
	o = o.filled()
	b := &Broker{
		opt: o, log: o.Log, self: self, since: time.Now(),
		children:   make(map[Address]*child),
		contexts:   make(map[Address]*Context),
		indexes:    make(map[Address]uint32),
		handlers:   make(map[uint32]handler),
		passes:     make(map[pass]map[Address]struct{}),
		lastHandle: firstHandle,
	}
	b.bulk.flows = make(map[Address]*flow)
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	return b
}

func (b *Broker) address() Address { return b.self }

// Shutdown ends the whole subtree within Options.ShutdownTimeout and says what
// could not be ended. Calling it again returns the same.
func (b *Broker) Shutdown() error {
	b.end(b.opt.ShutdownTimeout)
	return b.ended
}

// end tells every child to end within the time and waits for it.
func (b *Broker) end(within time.Duration) {
	b.shutdown.Do(func() {
		b.mu.Lock()
		b.closing = true
		children := make([]*child, 0, len(b.children))
		for _, c := range b.children {
			children = append(children, c)
		}
		b.mu.Unlock()
		for _, c := range children {
			c.end(within)
		}
		b.ended = b.awaitChildren(children, within)
		b.cancel(errShutdown)
		b.closeHandlers()
		if b.drops.stop() {
			b.goroutine(b.logDrops)
		}
		if !waitFor(&b.wg, time.Second) && b.ended == nil {
			b.ended = errors.New("shutdown: something did not end")
		}
	})
}

func (b *Broker) awaitChildren(children []*child, within time.Duration) error {
	deadline := time.NewTimer(within + time.Second)
	defer deadline.Stop()
	var errs []error
	late := false
	for _, c := range children {
		if !late {
			select {
			case <-c.done:
			case <-deadline.C:
				late = true
			}
		}
		if err := c.ending(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (b *Broker) closeHandlers() {
	b.mu.Lock()
	handlers := make([]handler, 0, len(b.handlers))
	for _, h := range b.handlers {
		handlers = append(handlers, h)
	}
	b.mu.Unlock()
	for _, h := range handlers {
		switch h := h.(type) {
		case *Receiver:
			h.Close()
		case *tunnel:
			h.reset(errShutdown)
		case *pendingCall:
			h.fail(&CancelledError{Function: h.name, Phase: h.phase(), Cause: errShutdown.Error()})
		}
	}
}

// waitFor waits for the group for at most d and reports whether it is done.
func waitFor(wg *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// goroutine runs f; the shutdown waits for it.
func (b *Broker) goroutine(f func()) {
	b.wg.Add(1)
	go func() {
		defer b.wg.Done()
		if b.opt.Guard != nil {
			defer b.opt.Guard()
		}
		f()
	}()
}

// register gives h a handle.
func (b *Broker) register(h handler) uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.registerLocked(h)
}

func (b *Broker) registerLocked(h handler) uint32 {
	for {
		if b.lastHandle++; b.lastHandle < firstHandle {
			b.lastHandle = firstHandle
		}
		if b.handlers[b.lastHandle] == nil {
			b.handlers[b.lastHandle] = h
			return b.lastHandle
		}
	}
}

func (b *Broker) unregister(handle uint32) {
	b.mu.Lock()
	delete(b.handlers, handle)
	b.mu.Unlock()
}

// contextAt is the context of that address, if it was started from here.
func (b *Broker) contextAt(a Address) *Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.contexts[a]
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

// send sends a message of this process; a long one goes out in fragments.
func (b *Broker) send(m *Message) error {
	most := MaxMessage
	if b.up != nil && !m.Dst.Behind(b.self) {
		most = MaxReply
	}
	switch {
	case len(m.Data) > most:
		return fmt.Errorf("message of %d bytes: the most is %d", len(m.Data), most)
	case len(m.Data) > chunk && m.Dst != b.self:
		return b.sendBulk(m)
	}
	return b.forward(m)
}

// sendValue encodes the payload and sends it to a fixed handle.
func (b *Broker) sendValue(dst Address, handle uint32, v any) error {
	data, err := Marshal(v)
	if err != nil {
		return err
	}
	return b.send(&Message{Dst: dst, Src: b.self, Handle: handle, Data: data})
}
