package transport

import (
	"bytes"
	"errors"
)

// maxHeld is how many bytes of frames a parent keeps for a child that is still
// starting.
const maxHeld = 64 << 20

// branch is a child as routing sees it: the stream that leads to it and to
// everything behind it. Until the child has greeted there is no stream; what is
// sent to it is held and goes out, in order, when there is one. The exchange's
// mutex guards it.
type branch struct {
	stream *Stream // nil while frames are held
	held   []*Message
	bytes  int  // of held
	ended  bool // nothing can be sent any more
}

// hold returns the stream for a message, or keeps the message until there is
// one. The caller holds the exchange's mutex.
func (b *branch) hold(m *Message) (*Stream, error) {
	switch {
	case b.ended:
		return nil, errNoRoute
	case b.stream != nil:
		return b.stream, nil
	case b.bytes+m.size() > maxHeld:
		return nil, errors.New("too much is waiting for it to start")
	}
	if m.flags&flagBulk != 0 {
		own := *m // the data may be its sender's buffer
		own.Data, own.in = bytes.Clone(m.Data), nil
		m = &own
	}
	b.held = append(b.held, m)
	b.bytes += m.size()
	m.from.charge(m.size())
	return nil, nil
}

// letGo returns the messages that were kept, and keeps them no longer. The
// caller holds the exchange's mutex.
func (b *branch) letGo() (held []*Message) {
	held = b.held
	b.held, b.bytes = nil, 0
	for _, m := range held {
		m.from.refund(m.size())
	}
	return held
}

// openBranch sends what was kept for a child, in order. Later messages go to
// the stream directly.
func (x *exchange) openBranch(b *branch, s *Stream) {
	for {
		x.mu.Lock()
		held := b.letGo()
		if len(held) == 0 {
			b.stream = s
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
		for _, m := range held {
			_ = s.send(m, m.flags&flagBulk != 0)
		}
	}
}
