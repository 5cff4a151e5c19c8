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
// or the one in Run, was called with. A Sender is of no use once
// its Receiver is closed: what it sends is dropped. It never waits for the
// Receiver to take a message, only for room on the way.
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

// Send sends one message. It waits while the stream that leads to the receiver
// has enough to write, at most until ctx ends. A Sender that came from another process
// needs the ctx of the function, or of Run.
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
func (s Sender) Close(ctx context.Context) error { return s.send(ctx, nil, flagFin) }

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
	x := s.exchangeFor(ctx)
	if x == nil {
		return errors.New("send: this sender came from another process, and ctx is neither that of a function nor that of Run")
	}
	if s.handle < firstHandle {
		return errors.New("send: not a receiver's handle")
	}
	if err := x.awaitRoom(ctx, s.to, queue.Now().Producer); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return x.send(&Message{Dst: s.to, Src: x.self, Handle: s.handle, Data: data, flags: flags})
}

// runningKey is the key under which the ctx of a function holds the Node that
// the function runs in, and that of Run its Router.
type runningKey struct{}

// running is what is held there, as far as a Sender needs it.
type running interface{ sendsBy() *exchange }
