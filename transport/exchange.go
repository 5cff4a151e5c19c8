package transport

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// exchange is where the streams of this process meet: the routing part of a
// Broker. It gives each message to the stream that leads to its destination, or
// to whoever takes it in this process. It knows neither contexts nor calls. The
// layers above register what they take: a handler for each reply, receiver and
// tunnel that they wait for, and a service for each fixed handle.
type exchange struct {
	self Address
	up   *Stream // leads to the parent; nil in the controller
	log  hclog.Logger
	// maxMessage and maxReply are how many bytes a message has at most, down and up.
	maxMessage, maxReply int
	guard                func() // deferred in every goroutine; may be nil
	all                  census // every goroutine of the broker
	bulk                 bulkSender
	drops                dropLog
	said                 sayings

	// These are set before the first stream starts.
	services [handlePull + 1]service
	// progressed is called when a part of a long message has got through, to
	// that context or from it: so many bytes, 0 if they have only got as far as the
	// neighbour. reply is the handle that a message from it is for, 0 for one to it.
	progressed func(of Address, reply uint32, n int)
	// logCredited is called when the controller lets this process send more
	// log entries; nil in the controller.
	logCredited func(n int)

	mu         sync.Mutex // guards what follows, and what the comments of other types say
	branches   map[Address]*branch
	handlers   map[uint32]handler
	permits    map[permit]map[Address]bool // who may send where, child to child; true: this process said so
	lastHandle uint32
	windows    map[permit]window   // what is under way to receivers, and those that take nothing any more
	closed     []permit            // the latter, the oldest first
	opened     map[shared]struct{} // the receivers of this process
}

// handler takes the messages of one handle that was given out here.
type handler interface {
	// receive is called by a stream's reader and must not block.
	receive(m *Message)
	// shutdown is called when the broker has been shut down: nothing will come
	// any more.
	shutdown()
}

// unsentHandler is a handler that waits for the answer to a message, which the end
// of a context would not answer for.
type unsentHandler interface {
	// unsent is called when the message could not be sent.
	unsent(err error)
}

// service takes the messages of one fixed handle. A message that comes from
// elsewhere than it says is dropped.
type service struct {
	from origin
	take func(s *Stream, m *Message)
}

// origin decides whether a message on a stream comes from where it must.
type origin func(s *Stream, m *Message) bool

// fromAnyNeighbour allows a message from every stream.
func fromAnyNeighbour(*Stream, *Message) bool { return true }

// fromAbove allows what comes through the parent, whoever sent it.
func fromAbove(s *Stream, _ *Message) bool { return s.up }

// fromBelow allows what comes through a child, whoever sent it.
func fromBelow(s *Stream, _ *Message) bool { return !s.up }

// fromTheParent allows what the parent itself sent.
func fromTheParent(s *Stream, m *Message) bool { return s.up && m.Src == s.peer }

// fromTheChild allows what a child itself sent.
func fromTheChild(s *Stream, m *Message) bool { return !s.up && m.Src == s.peer }

var errShutdown = errors.New("the broker was shut down")

// open makes an exchange ready for use.
func (x *exchange) open() {
	x.branches = make(map[Address]*branch)
	x.handlers = make(map[uint32]handler)
	x.permits = make(map[permit]map[Address]bool)
	x.windows = make(map[permit]window)
	x.opened = make(map[shared]struct{})
	x.said.mail.of, x.said.mail.moved = x, x.tellLost
	x.bulk.flows = make(map[Address]*flow)
	x.lastHandle = firstHandle
	x.services[handleCredit] = service{fromAnyNeighbour, func(_ *Stream, m *Message) { x.credited(m) }}
}

// goroutine runs f on a goroutine that the shutdown waits for.
func (x *exchange) goroutine(f func()) {
	x.all.began()
	go func() {
		defer x.all.ended()
		x.guarded(f)
	}()
}

// guarded runs f so that Options.Guard learns of a panic in it.
func (x *exchange) guarded(f func()) {
	if x.guard != nil {
		defer x.guard()
	}
	f()
}

// waitFor waits for the group for at most d.
func waitFor(wg *sync.WaitGroup, d time.Duration) {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// register gives h a handle: messages for it go to h from now on.
func (x *exchange) register(h handler) uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.registerLocked(h)
}

// registerLocked is register for a caller that holds mu.
func (x *exchange) registerLocked(h handler) uint32 {
	for {
		if x.lastHandle++; x.lastHandle < firstHandle {
			x.lastHandle = firstHandle
		}
		if x.handlers[x.lastHandle] == nil {
			x.handlers[x.lastHandle] = h
			return x.lastHandle
		}
	}
}

// unregister closes a handle. What still comes for it is dropped.
func (x *exchange) unregister(handle uint32) {
	x.mu.Lock()
	delete(x.handlers, handle)
	x.mu.Unlock()
}

// closeHandlers tells every handler that the broker has been shut down.
func (x *exchange) closeHandlers() {
	x.mu.Lock()
	handlers := make([]handler, 0, len(x.handlers))
	for _, h := range x.handlers {
		handlers = append(handlers, h)
	}
	x.mu.Unlock()
	for _, h := range handlers {
		h.shutdown()
	}
}

// send sends a message of this process. A long one goes out in fragments.
func (x *exchange) send(m *Message) error {
	most := x.maxMessage
	if x.up != nil && !m.Dst.Behind(x.self) {
		most = x.maxReply
	}
	switch {
	case len(m.Data) > most:
		return fmt.Errorf("message of %d bytes: the most is %d (see Options.MaxMessage)", len(m.Data), most)
	case len(m.Data) > chunk && m.Dst != x.self:
		return x.sendBulk(m)
	}
	return x.forward(m)
}

// sendValue encodes the payload and sends it to a fixed handle.
func (x *exchange) sendValue(dst Address, handle uint32, v any) error {
	data, err := Marshal(v)
	if err != nil {
		return err
	}
	return x.send(&Message{Dst: dst, Src: x.self, Handle: handle, Data: data})
}
