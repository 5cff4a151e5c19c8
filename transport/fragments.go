package transport

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Bounds of the messages that a neighbour may leave unfinished.
const (
	maxAssembling = maxUnconsumed
	// maxAssemblingParent is the same for the parent, which chooses what it
	// sends.
	maxAssemblingParent = 256 << 20
	// easyAssembling is how many bytes may be unfinished while every sender
	// gets credit.
	easyAssembling = bulkWindow
	maxTransfers   = 4096
)

// assembler puts fragments together into messages. Only the reader of its
// stream uses it.
type assembler struct {
	most    int // bytes that may be unfinished, in all and of one message
	longest int // bytes that one message has at most
	// others is how many more contexts may send: each of them has a window of
	// its own.
	others func() int
	parts  map[partKey]*part
	order  []partKey // the oldest first
	bytes  int
	owing  map[Address]int
	// paid is when credit was last given. On a slow line a quarter of the window takes
	// minutes, and credit is all that the sender sees of the progress.
	paid time.Time
}

// creditEvery is after which time credit is given back, however little it is.
const creditEvery = 2 * time.Second

// partKey identifies an unfinished message: its sender, and the number that the
// sender gave it.
type partKey struct {
	src Address
	id  uint32
}

// part is an unfinished message, and the length that it will have.
type part struct {
	m     *Message
	total int
}

// assemble adds a fragment, and returns the message if that completes it.
// Memory grows with what has arrived, not with what is announced.
func (s *assembler) assemble(m *Message) (*Message, error) {
	id, total := binary.BigEndian.Uint32(m.Data), int(binary.BigEndian.Uint32(m.Data[4:]))
	data := m.Data[fragmentHeader:]
	key := partKey{m.Src, id}
	p := s.parts[key]
	if p == nil {
		if total > min(s.longest, s.most) || len(s.parts) >= maxTransfers {
			return nil, fmt.Errorf("%w: message of %d bytes beside %d unfinished ones", errFrame, total, len(s.parts))
		}
		whole := *m
		whole.Data, whole.flags = nil, m.flags&^(flagPart|flagBulk)
		p = &part{&whole, total}
		if s.parts == nil {
			s.parts = make(map[partKey]*part)
		}
		s.parts[key] = p
		s.order = append(s.order, key)
	}
	s.bytes += len(data)
	p.m.Data = append(p.m.Data, data...)
	switch {
	case len(data) == 0 || total != p.total || len(p.m.Data) > p.total || m.Handle != p.m.Handle:
		return nil, fmt.Errorf("%w: fragment does not fit its message", errFrame)
	case s.bytes > s.most && s.bytes > s.most+s.others()*bulkWindow:
		return nil, fmt.Errorf("%w: %d unfinished messages of more than %s", errFrame, len(s.parts), size(int64(s.most)))
	case len(p.m.Data) < p.total:
		return nil, nil
	}
	s.remove(key)
	return p.m, nil
}

// remove forgets an unfinished message.
func (s *assembler) remove(key partKey) {
	s.bytes -= len(s.parts[key].m.Data)
	delete(s.parts, key)
	s.order = slices.DeleteFunc(s.order, func(k partKey) bool { return k == key })
}

// forget drops what a context that has ended, and those behind it, left
// unfinished.
func (s *assembler) forget(behind Address) {
	for key := range s.parts {
		if key.src.Behind(behind) {
			s.remove(key)
		}
	}
	for src := range s.owing {
		if src.Behind(behind) {
			delete(s.owing, src)
		}
	}
}

// owed is the credit to give back after a fragment, by who gets it. A sender
// gets it a quarter of the window at a time, and the rest when nothing is
// unfinished. If much is unfinished, only the sender of the oldest message gets
// credit, so that this message is finished; then the others get theirs.
func (s *assembler) owed(m *Message, finished bool) map[Address]int {
	if s.owing == nil {
		s.owing = make(map[Address]int)
	}
	s.owing[m.Src] += len(m.Data) - fragmentHeader
	var due map[Address]int
	pay := func(a Address) {
		if s.owing[a] > 0 && s.mayGoOn(a) {
			if due == nil {
				due = make(map[Address]int, 1)
			}
			due[a] = s.owing[a]
			delete(s.owing, a)
		}
	}
	now := time.Now()
	if s.owing[m.Src] >= queue.Now().Long/4 || len(s.parts) == 0 || len(s.owing) >= maxTransfers || now.Sub(s.paid) >= creditEvery {
		s.paid = now
		pay(m.Src)
	}
	if finished {
		for a := range s.owing {
			pay(a)
		}
	}
	return due
}

// mayGoOn reports whether a sender should send more while messages are
// unfinished.
func (s *assembler) mayGoOn(a Address) bool {
	return s.bytes <= easyAssembling || s.order[0].src == a
}
