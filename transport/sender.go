package transport

import (
	"context"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Sender sends messages to a Receiver. It crosses the wire as a value: a
// function that gets one in its input sends with the ctx it was called with.
type Sender struct {
	to       Address
	handle   uint32
	exchange *exchange // nil after crossing the wire
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
	if x := s.exchangeFor(ctx); x != nil {
		x.entrust(v, s.to)
	}
	return s.send(ctx, data, 0)
}

// Close tells the receiver that no more will come from here.
func (s Sender) Close(ctx context.Context) error { return s.send(ctx, nil, flagFin) }

// exchangeFor is what the sender sends by, nil where that is not known.
func (s Sender) exchangeFor(ctx context.Context) *exchange {
	if s.exchange != nil {
		return s.exchange
	}
	if f, ok := ctx.Value(runningKey{}).(running); ok {
		return f.sendsBy()
	}
	return nil
}

func (s Sender) send(ctx context.Context, data cbor.RawMessage, flags uint8) error {
	x := s.exchangeFor(ctx)
	if x == nil {
		return errors.New("send: this sender came from another process, and ctx is not that of a function")
	}
	if s.handle < firstHandle {
		return errors.New("send: not a receiver's handle")
	}
	if err := x.waitRoom(ctx, s.to); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return x.send(&Message{Dst: s.to, Src: x.self, Handle: s.handle, Data: data, flags: flags})
}

// runningKey is the key of a function's ctx under which it finds the Node that
// it runs in.
type runningKey struct{}

// running is that Node, as far as a Sender needs it.
type running interface{ sendsBy() *exchange }
