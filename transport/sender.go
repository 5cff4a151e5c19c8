package transport

import (
	"context"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Sender sends messages to a Receiver. Receiver.Sender makes it. It is a value
// that crosses the wire: whoever encodes it into a message lets the context
// that gets the message send, too. Whoever gets a Sender from another process, in the
// input of a function or as the answer of one, must send with the ctx that the function,
// or the one in Run, was called with, or with one of Router.Sending.
//
// What a process has sent to one Receiver, and was not taken there, is 1 MiB at most, and
// one message more. Then Send waits. If the Receiver is closed, refuses, or is lost,
// Send returns ErrReceiverClosed, ErrSenderRefused or a *LostError from the moment on at
// which that is known here; what was sent before is dropped there. Who closed it is not
// asked before each message, so the first one after that may still be sent without an error.
type Sender struct {
	to       Address
	handle   uint32
	exchange *exchange // what it sends by; nil after crossing the wire
}

// MarshalBinary encodes the sender for the wire: handle u32, address.
func (s Sender) MarshalBinary() ([]byte, error) {
	b := []byte{byte(s.handle >> 24), byte(s.handle >> 16), byte(s.handle >> 8), byte(s.handle)}
	return append(b, s.to.path...), nil
}

// UnmarshalBinary decodes a sender from the wire.
func (s *Sender) UnmarshalBinary(b []byte) error {
	if len(b) < 4 {
		return errAddress
	}
	s.handle = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return s.to.UnmarshalBinary(b[4:])
}

// Send sends one message. It waits until the receiver has taken enough of what was sent
// before, and while the stream that leads there has enough to write, at most until ctx
// ends. A Sender that came from another process
// needs the ctx of the function, or of Run, or of Router.Sending.
func (s Sender) Send(ctx context.Context, v any) error {
	data, err := encodeTagged(&v)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if x := s.exchangeFor(ctx); x != nil {
		x.permitSenders(v, s.to)
	}
	return s.send(ctx, data, 0)
}

// Close tells the receiver that nothing more will come from this sender.
// It waits as Send does.
func (s Sender) Close(ctx context.Context) error { return s.send(ctx, endOfMessages, flagFin) }

// endOfMessages is the payload of the last message, null. A fragment has to have one.
var endOfMessages = cbor.RawMessage{0xf6}

// exchangeFor is the exchange that the sender sends by, nil if it is not known:
// the sender came from another process, and ctx is not that of a function.
func (s Sender) exchangeFor(ctx context.Context) *exchange {
	if s.exchange != nil {
		return s.exchange
	}
	if f, ok := ctx.Value(runningKey{}).(running); ok {
		return f.sendsBy()
	}
	return nil
}

// send sends one message, or the end of them.
func (s Sender) send(ctx context.Context, data cbor.RawMessage, flags uint8) error {
	if s == (Sender{}) {
		return errors.New("send: the Sender is a zero value, which leads to no Receiver")
	}
	x := s.exchangeFor(ctx)
	if x == nil {
		return errors.New("send: this sender came from another process, and ctx is neither that of a function nor that of Run, nor one of Router.Sending")
	}
	if s.handle < firstHandle {
		return errors.New("send: not a receiver's handle")
	}
	n := len(data) + sendCost
	w, err := x.claim(ctx, permit{s.to, s.handle}, n)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err = x.awaitRoom(ctx, s.to, queue.Now().Producer); err == nil {
		err = w.send(&Message{Dst: s.to, Src: x.self, Handle: s.handle, ReplyTo: w.handle, Data: data, flags: flags})
	}
	if err == errNoRoute || streamEnded(err) {
		gone := &LostError{Context: s.to.String(), Cause: err.Error()}
		w.lost(gone)
		if err = w.ended(); err == nil {
			err = gone
		}
	}
	if err != nil {
		w.giveBack(n)
	} else if err = w.ended(); err == ErrReceiverClosed && s.to != x.self {
		err = nil // It may have been closed because it took this very message. The next one is told.
	}
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// runningKey is the key under which the ctx of a function holds the Node that
// the function runs in, and that of Run its Router.
type runningKey struct{}

// running is what is held there, as far as a Sender needs it.
type running interface{ sendsBy() *exchange }
