package transport

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// maxEnded is how many receivers that take nothing any more a process remembers.
const maxEnded = 1024

// sendCost is what a message counts in the window of its sender, beside its bytes.
const sendCost = 256

// sendWindow is what this process has under way to one receiver: all Senders of that receiver
// share it. It begins with a message, and ends when the receiver has given all credit back.
// If the receiver is closed, refuses, or is lost, it stays to say so. It is also the handler
// that credit and refusals come to.
type sendWindow struct {
	exchange *exchange
	to       permit
	handle   uint32

	// Guarded by the exchange's mutex.
	credit int
	long   bool // a long message was sent; what comes after it must not overtake it
	err    error
	wake   chan struct{}
}

// claim waits until a message of n bytes may go to a receiver: while there is credit, one
// message may go, however long it is. The caller sends it, or gives n back.
func (x *exchange) claim(ctx context.Context, to permit, n int) (*sendWindow, error) {
	for {
		x.mu.Lock()
		s := x.windowTo(to)
		if s.err != nil || s.credit > 0 {
			s.credit -= n
			x.mu.Unlock()
			return s, s.err
		}
		wake := s.wake
		x.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, endOf(ctx)
		}
	}
}

// windowTo is what is under way to a receiver. The caller holds mu.
func (x *exchange) windowTo(to permit) *sendWindow {
	s, ok := x.windows[to].(*sendWindow)
	if !ok {
		s = &sendWindow{exchange: x, to: to, credit: queue.Now().Sender, wake: make(chan struct{})}
		s.handle = x.registerLocked(s)
		x.windows[to] = s
	}
	return s
}

// send sends a message. What is sent after a long one goes the way of that, so that it
// does not overtake it.
func (s *sendWindow) send(m *Message) error {
	x := s.exchange
	if m.Dst == x.self {
		return x.send(m)
	}
	x.mu.Lock()
	s.long = s.long || len(m.Data) > chunk
	behind := s.long && len(m.Data) <= chunk
	x.mu.Unlock()
	if behind {
		return x.sendBulk(m)
	}
	return x.send(m)
}

// receive takes credit and refusals. Credit counts from the receiver's context, and a
// refusal also from those that the messages go through.
func (s *sendWindow) receive(m *Message) {
	through := s.to.to.Behind(m.Src) || s.exchange.self.Behind(m.Src)
	switch {
	case m.flags&flagDead != 0 && through:
		s.lost(s.refusal(m))
	case m.flags&flagCredit != 0 && m.Src == s.to.to && len(m.Data) == 4:
		s.giveBack(int(min(binary.BigEndian.Uint32(m.Data), 1<<30)))
	default:
		s.exchange.dropped(m, "neither credit nor a refusal from the receiver that was sent to")
	}
}

// refusal is why a receiver takes nothing.
func (s *sendWindow) refusal(m *Message) error {
	err := deadError(m.Data)
	for _, known := range []error{ErrReceiverClosed, ErrSenderRefused} {
		if errors.Is(err, known) {
			return known
		}
	}
	var remote *RemoteError
	if errors.As(err, &remote) {
		return &LostError{Context: s.to.to.String(), Cause: remote.Message}
	}
	return &LostError{Context: s.to.to.String(), Cause: err.Error()}
}

// giveBack lets n bytes more go out. What is under way is forgotten when nothing is.
func (s *sendWindow) giveBack(n int) {
	x, most := s.exchange, queue.Now().Sender
	x.mu.Lock()
	defer x.mu.Unlock()
	s.credit += min(n, most-s.credit)
	if s.credit == most && s.err == nil && x.windows[s.to] == window(s) {
		delete(x.handlers, s.handle)
		delete(x.windows, s.to)
	}
	s.changed()
}

// changed wakes everybody who waits. The caller holds the exchange's mutex.
func (s *sendWindow) changed() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// ended is why no more can be sent, nil if it can.
func (s *sendWindow) ended() error {
	s.exchange.mu.Lock()
	defer s.exchange.mu.Unlock()
	return s.err
}

// unsent is called when a long message could not be sent.
func (s *sendWindow) unsent(err error) {
	s.lost(&LostError{Context: s.to.to.String(), Cause: err.Error()})
}

// shutdown ends the window: the broker has been shut down.
func (s *sendWindow) shutdown() { s.lost(errShutdown) }

// lost fails what is sent to the receiver from now on. The first cause stays. The receivers
// that ended last are remembered.
func (s *sendWindow) lost(why error) {
	x := s.exchange
	x.mu.Lock()
	defer x.mu.Unlock()
	if s.err != nil || x.windows[s.to] != window(s) {
		return
	}
	s.err = why
	delete(x.handlers, s.handle)
	s.changed()
	if x.closed = append(x.closed, s.to); len(x.closed) > maxEnded {
		delete(x.windows, x.closed[0])
		x.closed = x.closed[1:]
	}
}
