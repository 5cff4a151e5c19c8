package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// maxReceived bounds what waits in one receiver.
const maxReceived = 64 << 20

var (
	// ErrReceiverClosed is for waiting at, or sending to, a closed receiver.
	ErrReceiverClosed = errors.New("receiver is closed")
	// ErrSenderClosed is the last event of a receiver whose sender was closed.
	ErrSenderClosed = errors.New("sender was closed")
	errFlooded      = errors.New("receiver is closed: too much is waiting in it")
)

// Receiver is where messages arrive, from this process or another context. Any
// goroutine may use it.
type Receiver struct {
	broker   *Broker
	handle   uint32
	from     *Context
	anywhere bool

	mu      sync.Mutex // guards what follows
	queue   []received
	bytes   int
	err     error
	wake    chan struct{}
	watcher *member
}

type received struct {
	from *Context
	data []byte
	err  error
}

// ReceiverOption changes whom a Receiver listens to.
type ReceiverOption func(*Receiver)

// From makes a Receiver listen to one context only.
func From(c *Context) ReceiverOption { return func(r *Receiver) { r.from = c } }

// FromAnywhere makes a Receiver listen to contexts that are neither above nor
// below its own, too.
func FromAnywhere() ReceiverOption { return func(r *Receiver) { r.anywhere = true } }

// NewReceiver makes a receiver on a router; Close ends it.
func NewReceiver(router *Router, opts ...ReceiverOption) *Receiver {
	r := &Receiver{broker: router.broker, wake: make(chan struct{})}
	for _, o := range opts {
		o(r)
	}
	r.handle = r.broker.register(r)
	return r
}

// Sender is where to send messages for this receiver; it crosses the wire.
func (r *Receiver) Sender() Sender {
	return Sender{to: r.broker.address(), handle: r.handle, broker: r.broker}
}

// receive takes a message off a stream; it never blocks.
func (r *Receiver) receive(m *Message) {
	self := r.broker.address()
	if !r.anywhere && !self.Behind(m.Src) && !m.Src.Behind(self) {
		r.broker.dropped(m, "receiver listens to no context beside its own")
		return
	}
	if r.from != nil && m.Src != r.from.address {
		r.broker.dropped(m, "receiver listens to another context")
		return
	}
	item := received{from: r.broker.contextAt(m.Src), data: m.Data}
	if m.flags&flagFin != 0 {
		item.err = ErrSenderClosed
	}
	r.push(item)
}

func (r *Receiver) push(item received) {
	r.mu.Lock()
	if r.err != nil {
		r.mu.Unlock()
		return
	}
	r.queue = append(r.queue, item)
	if r.bytes += len(item.data) + 64; r.bytes > maxReceived {
		r.err = errFlooded
	}
	w := r.watcher
	r.signal()
	r.mu.Unlock()
	if w != nil {
		w.fire()
	}
}

// signal wakes whoever waits. The caller holds mu.
func (r *Receiver) signal() {
	close(r.wake)
	r.wake = make(chan struct{})
}

// next is the oldest message without waiting.
func (r *Receiver) next() (item received, ok bool, wake chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return item, false, r.wake, r.err
	}
	item = r.queue[0]
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.queue = nil
	}
	r.bytes -= len(item.data) + 64
	return item, true, nil, nil
}

// Get waits for the next message and decodes it into v.
func (r *Receiver) Get(ctx context.Context, v any) error {
	for {
		item, ok, wake, err := r.next()
		switch {
		case ok && item.err != nil:
			return item.err
		case ok:
			return Unmarshal(item.data, v)
		case err != nil:
			return err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close ends the receiver and wakes whoever waits.
func (r *Receiver) Close() {
	r.broker.unregister(r.handle)
	r.mu.Lock()
	if r.err == nil {
		r.err = ErrReceiverClosed
	}
	w := r.watcher
	r.signal()
	r.mu.Unlock()
	if w != nil {
		w.fire()
	}
}

func (r *Receiver) watch(m *member) error {
	r.mu.Lock()
	if r.watcher != nil {
		r.mu.Unlock()
		return ErrOwned
	}
	r.watcher = m
	n := len(r.queue)
	if r.err != nil {
		n++
	}
	r.mu.Unlock()
	for range n {
		m.fire()
	}
	return nil
}

func (r *Receiver) unwatch(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watcher == m {
		r.watcher = nil
	}
}

func (r *Receiver) take() (ev Event, ok, more bool, err error) {
	item, ok, _, err := r.next()
	ev = Event{Source: r, Context: item.from}
	switch {
	case !ok:
		return ev, err != nil, err == nil, err
	case item.err != nil:
		return ev, true, true, item.err
	}
	err = Unmarshal(item.data, &ev.Value)
	return ev, true, true, err
}

// Sender sends messages to a Receiver. It crosses the wire as a value: a
// function that gets one in its input sends with the ctx it was called with.
type Sender struct {
	to     Address
	handle uint32
	broker *Broker // nil after crossing the wire
}

// MarshalBinary is the sender on the wire: handle u32, address.
func (s Sender) MarshalBinary() ([]byte, error) {
	b := []byte{byte(s.handle >> 24), byte(s.handle >> 16), byte(s.handle >> 8), byte(s.handle)}
	return append(b, s.to.path...), nil
}

// UnmarshalBinary reads a sender from the wire.
func (s *Sender) UnmarshalBinary(b []byte) error {
	if len(b) < 4 {
		return errAddress
	}
	s.handle = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return s.to.UnmarshalBinary(b[4:])
}

// Send sends one message; it waits while the stream has enough to write. ctx
// is that of the function that got the sender.
func (s Sender) Send(ctx context.Context, v any) error {
	data, err := Marshal(v)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return s.send(ctx, data, 0)
}

// Close tells the receiver that no more will come from here.
func (s Sender) Close(ctx context.Context) error { return s.send(ctx, nil, flagFin) }

func (s Sender) send(ctx context.Context, data cbor.RawMessage, flags uint8) error {
	b := s.broker
	if b == nil {
		if n := nodeOf(ctx); n != nil {
			b = n.broker
		}
	}
	if b == nil {
		return errors.New("send: this sender came from another process, and ctx is not that of a function")
	}
	if s.handle < firstHandle {
		return errors.New("send: not a receiver's handle")
	}
	if err := b.waitRoom(ctx, s.to); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return b.send(&Message{Dst: s.to, Src: b.address(), Handle: s.handle, Data: data, flags: flags})
}
