package transport

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// Receiver is where messages arrive, from this process or from other contexts.
// NewReceiver makes it, and Close ends it; if it listens to one context, it
// ends with that. Its Sender says where to send. Only contexts that were given
// the Sender, and those above, can send to it; what others send is dropped.
// Messages wait in it until Get or a Select takes them, and count as unconsumed
// for the host that sent them until then. Who sends waits while 1 MiB of its messages were
// not taken. When a context has ended that was given the Sender and has not closed it,
// waiting fails once with its *LostError, after all that it sent before; then the Receiver
// goes on with what the others send. Any goroutine may use it.
type Receiver struct {
	broker   *Broker
	handle   uint32
	from     *Context
	anywhere bool

	mu      sync.Mutex // guards what follows
	queue   []received
	users   map[Address]*user // the contexts that may send
	passed  int               // how many of them another context named
	err     error
	wake    chan struct{}
	watcher *member
}

// received is one message that waits in a Receiver.
type received struct {
	from *Context
	src  Address
	data []byte
	err  error
	cost int // in the window of its sender
	// release refunds the message when it has been consumed; may be nil.
	release func()
	account *account
}

// ReceiverOption changes whom a Receiver listens to.
type ReceiverOption func(*Receiver)

// From makes a Receiver listen to one context only. When that has ended, and
// all that it sent before has been taken, waiting fails with its *LostError.
func From(c *Context) ReceiverOption {
	return func(r *Receiver) {
		if r.from = c; c == nil {
			r.err = fmt.Errorf("receive: From: %w", errNoContext)
		}
	}
}

// FromAnywhere makes a Receiver listen to contexts that are neither above nor
// below its own, too. With From it is an error.
func FromAnywhere() ReceiverOption { return func(r *Receiver) { r.anywhere = true } }

var errFromBoth = errors.New("receive: From and FromAnywhere are both set: a receiver listens to one context, or to all that it lets send")

// NewReceiver makes a receiver in the process of the router. Close ends it. If the router,
// an option or the context of From is nil, or options contradict each other, waiting at it
// fails with an error that says so.
func NewReceiver(router *Router, opts ...ReceiverOption) *Receiver {
	r := &Receiver{wake: make(chan struct{}), users: make(map[Address]*user)}
	if router.Broker().unmade() {
		r.err = fmt.Errorf("receive: %w", errNoBroker)
	}
	for _, o := range opts {
		if o == nil {
			r.err = fmt.Errorf("receive: %w", errNoOption)
			continue
		}
		o(r)
	}
	if r.err == nil && r.from != nil && r.anywhere {
		r.err = errFromBoth
	}
	if r.err != nil {
		r.from = nil
		return r
	}
	r.broker = router.broker
	r.handle = r.broker.openReceiver(r)
	if r.from != nil {
		r.from.heardBy(r)
	}
	return r
}

// heardBy tells a receiver of the end of the context, at once if that has ended
// already.
func (c *Context) heardBy(r *Receiver) {
	c.broker.mu.Lock()
	ended := c.ended
	if !ended {
		c.receivers[r] = struct{}{}
	}
	c.broker.mu.Unlock()
	if ended {
		c.mail.post(func() { r.end(c.endError()) })
	}
}

// Sender is where to send messages for this receiver. It crosses the wire:
// whoever encodes it into a message, anywhere in its value, lets the context
// that gets the message send. A type with an encoding of its own hides the
// senders in it.
func (r *Receiver) Sender() Sender {
	if r == nil || r.broker == nil {
		return Sender{}
	}
	return Sender{to: r.broker.self, handle: r.handle, exchange: &r.broker.exchange}
}

// receive takes a message off a stream. It never blocks.
func (r *Receiver) receive(m *Message) {
	self := r.broker.self
	switch {
	case !r.anywhere && !self.Behind(m.Src) && !m.Src.Behind(self):
		r.refuse(m, "receiver listens to no context beside its own")
		return
	case !r.user(m.Src):
		r.refuse(m, "its sender was not given to this context")
		return
	case m.flags&flagDead != 0:
		r.userLost(m)
		return
	}
	if to, ok := passedOn(m); ok {
		r.pass(m, to)
		return
	} else if m.flags&flagCredit != 0 {
		r.broker.dropped(m, "it passes the sender on to no address")
		return
	}
	if r.from != nil && m.Src != r.from.address {
		r.refuse(m, "receiver listens to another context")
		return
	}
	cost := len(m.Data) + sendCost
	if !r.admit(m, cost) {
		r.refuse(m, "its sender did not wait for credit")
		return
	}
	item := received{from: r.broker.contextAt(m.Src), data: m.Data, cost: cost, release: m.from.claim(len(m.Data) + itemSize), account: m.from, src: m.Src}
	if m.flags&flagFin != 0 {
		item.err = ErrSenderClosed
	}
	if !r.push(item) {
		r.broker.refuseMessage(m, "transport.ErrReceiverClosed")
	}
}

// refuse drops a message, and tells its sender that nothing is taken from it.
func (r *Receiver) refuse(m *Message, why string) {
	r.broker.dropped(m, why)
	r.broker.refuseMessage(m, "transport.ErrSenderRefused")
}

// itemSize is what a message in a receiver takes beside its bytes, rounded up
// so that every message is counted.
const itemSize = uncounted + 1

// push adds a message and wakes whoever waits. A closed receiver drops it, and ok is
// false.
func (r *Receiver) push(item received) (ok bool) {
	r.mu.Lock()
	if r.err != nil {
		r.mu.Unlock()
		item.consumed()
		return false
	}
	r.queue = append(r.queue, item)
	w := r.watcher
	r.signal()
	r.mu.Unlock()
	if w != nil {
		w.fire()
	}
	return true
}

// signal wakes whoever waits. The caller holds mu.
func (r *Receiver) signal() {
	close(r.wake)
	r.wake = make(chan struct{})
}

// next is the oldest message, without waiting.
func (r *Receiver) next() (item received, ok bool, wake chan struct{}, err error) {
	if r == nil || r.users == nil {
		return item, false, nil, errNoReceiver
	}
	r.mu.Lock()
	if len(r.queue) == 0 {
		defer r.mu.Unlock()
		return item, false, r.wake, r.err
	}
	item = r.queue[0]
	r.queue[0] = received{}
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.queue = nil
	}
	credit := r.taken(&item)
	r.mu.Unlock()
	item.consumed()
	if credit != nil {
		_ = r.broker.forward(credit)
	}
	return item, true, nil, nil
}

// consumed refunds the message.
func (i *received) consumed() {
	if i.release != nil {
		i.release()
	}
}

// decode decodes the message. If it would take too much memory, the connection
// that it came on is ended.
func (i *received) decode(b *Broker, v any) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return Unmarshal(i.data, v) // which says what is wrong
	}
	fresh := reflect.New(to.Type().Elem())
	err := i.decodeFresh(b, fresh.Interface())
	if err == nil {
		to.Elem().Set(fresh.Elem())
	}
	return err
}

// decodeFresh is decode into what nothing has been decoded into: the decoder would merge
// the message with that.
func (i *received) decodeFresh(b *Broker, v any) error {
	err := Unmarshal(i.data, v)
	tagged := err != nil
	if tagged {
		_, err = decodeTagged(i.data, v, maxDecoded, err)
	}
	if tooMuch, ok := err.(*costError); ok {
		err = fmt.Errorf("it sent a message that was not decoded: %w", tooMuch)
		i.account.blame(err)
		return err
	}
	if err != nil {
		return err
	}
	return b.checkSenders(v, tagged, i.src)
}

// Get waits for the next message and decodes it into v.
func (r *Receiver) Get(ctx context.Context, v any) error {
	for {
		item, ok, wake, err := r.next()
		switch {
		case ok && item.err != nil:
			return item.err
		case ok:
			return item.decode(r.broker, v)
		case err != nil:
			return err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return endOf(ctx)
		}
	}
}

// Close ends the receiver and wakes everybody who waits.
func (r *Receiver) Close() { r.end(ErrReceiverClosed) }

// shutdown closes the receiver: its broker has been shut down.
func (r *Receiver) shutdown() { r.Close() }

// end closes the receiver. The first reason stays.
func (r *Receiver) end(why error) {
	if r == nil || r.broker == nil {
		return
	}
	r.broker.closeReceiver(r, r.handle)
	if r.from != nil {
		r.broker.mu.Lock()
		delete(r.from.receivers, r)
		r.broker.mu.Unlock()
	}
	r.mu.Lock()
	if r.err == nil {
		r.err = why
	}
	w := r.watcher
	r.signal()
	waiting := r.waiting()
	r.mu.Unlock()
	if w != nil {
		w.fire()
	}
	for _, m := range waiting {
		r.broker.refuseMessage(m, "transport.ErrReceiverClosed")
	}
}

func (r *Receiver) watch(m *member) error {
	if r == nil || r.users == nil {
		return errNoReceiver
	}
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
	err = item.decode(r.broker, &ev.Value)
	return ev, true, true, err
}
