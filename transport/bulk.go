package transport

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// bulkWindow is how many bytes of long messages may be under way from one
// context to another.
const bulkWindow = 4 << 20

// Bounds of what a neighbour may leave unfinished.
const (
	maxAssembling = 256 << 20
	maxTransfers  = 4096
)

// bulkSender cuts long messages into fragments and sends them as the
// destination gives credit, one message after the other for each destination.
type bulkSender struct {
	mu    sync.Mutex // guards what follows; never held across a send
	flows map[Address]*flow
	last  uint32
}

type flow struct {
	credit int
	queue  []*transfer
	busy   bool // somebody sends for this destination
}

type transfer struct {
	m    *Message
	id   uint32
	sent int
}

func (b *Broker) sendBulk(m *Message) error {
	s := &b.bulk
	s.mu.Lock()
	f := s.flows[m.Dst]
	if f == nil {
		f = &flow{credit: bulkWindow}
		s.flows[m.Dst] = f
	}
	s.last++
	f.queue = append(f.queue, &transfer{m: m, id: s.last})
	s.mu.Unlock()
	return b.pump(m.Dst, f)
}

// pump sends what credit allows. One goroutine at a time does it for each
// destination, so that fragments keep their order.
func (b *Broker) pump(dst Address, f *flow) error {
	s := &b.bulk
	s.mu.Lock()
	if f.busy {
		s.mu.Unlock()
		return nil
	}
	f.busy = true
	for {
		frag := f.next()
		if frag == nil {
			break
		}
		s.mu.Unlock()
		err := b.forward(frag)
		s.mu.Lock()
		if err != nil {
			delete(s.flows, dst)
			s.mu.Unlock()
			return err
		}
	}
	f.busy = false
	if len(f.queue) == 0 && f.credit == bulkWindow {
		delete(s.flows, dst)
	}
	s.mu.Unlock()
	return nil
}

// next is the next fragment, nil where there is none or no credit for it. The
// caller holds the sender's mutex.
func (f *flow) next() *Message {
	if len(f.queue) == 0 {
		return nil
	}
	t := f.queue[0]
	n := min(chunk, len(t.m.Data)-t.sent)
	if f.credit < n {
		return nil
	}
	f.credit -= n
	data := make([]byte, fragmentHeader, fragmentHeader+n)
	binary.BigEndian.PutUint32(data, t.id)
	binary.BigEndian.PutUint32(data[4:], uint32(len(t.m.Data)))
	frag := *t.m
	frag.Data = append(data, t.m.Data[t.sent:t.sent+n]...)
	frag.flags |= flagPart | flagBulk
	if t.sent += n; t.sent == len(t.m.Data) {
		f.queue[0] = nil
		f.queue = f.queue[1:]
	}
	return &frag
}

// forgetFlows drops what waits for contexts that are no more.
func (b *Broker) forgetFlows(behind Address) {
	b.bulk.mu.Lock()
	defer b.bulk.mu.Unlock()
	for dst := range b.bulk.flows {
		if dst.Behind(behind) {
			delete(b.bulk.flows, dst)
		}
	}
}

// credited takes credit that a destination gave back.
func (b *Broker) credited(m *Message) {
	var p creditPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		b.dropped(m, err.Error())
		return
	}
	if p.Logs > 0 && b.engine != nil && b.self.Behind(m.Src) {
		b.engine.sink.credited(int(p.Logs))
	}
	b.bulk.mu.Lock()
	f := b.bulk.flows[m.Src]
	if f != nil {
		f.credit = min(bulkWindow, f.credit+int(min(p.Bytes, bulkWindow)))
	}
	b.bulk.mu.Unlock()
	if f != nil {
		_ = b.pump(m.Src, f)
	}
}

// assembler puts fragments together. Only a stream's reader uses it.
type assembler struct {
	parts map[partKey]*part
	bytes int
	owing map[Address]int
}

type partKey struct {
	src Address
	id  uint32
}

type part struct {
	m     *Message
	total int
}

// assemble adds a fragment and returns the message when it is whole. Memory
// grows with what has arrived, not with what is announced.
func (s *assembler) assemble(m *Message) (*Message, error) {
	id, total := binary.BigEndian.Uint32(m.Data), int(binary.BigEndian.Uint32(m.Data[4:]))
	data := m.Data[fragmentHeader:]
	key := partKey{m.Src, id}
	p := s.parts[key]
	if p == nil {
		if total > MaxMessage || len(s.parts) >= maxTransfers {
			return nil, fmt.Errorf("%w: message of %d bytes beside %d unfinished ones", errFrame, total, len(s.parts))
		}
		whole := *m
		whole.Data, whole.flags = nil, m.flags&^(flagPart|flagBulk)
		p = &part{&whole, total}
		if s.parts == nil {
			s.parts = make(map[partKey]*part)
		}
		s.parts[key] = p
	}
	s.bytes += len(data)
	p.m.Data = append(p.m.Data, data...)
	switch {
	case len(data) == 0 || total != p.total || len(p.m.Data) > p.total || m.Handle != p.m.Handle || s.bytes > maxAssembling:
		return nil, fmt.Errorf("%w: fragment does not fit its message", errFrame)
	case len(p.m.Data) < p.total:
		return nil, nil
	}
	delete(s.parts, key)
	s.bytes -= p.total
	return p.m, nil
}

// owed is the credit to give back after this fragment: a quarter of the window
// at a time, and whatever is left when nothing is unfinished.
func (s *assembler) owed(m *Message) int {
	if s.owing == nil {
		s.owing = make(map[Address]int)
	}
	n := s.owing[m.Src] + len(m.Data) - fragmentHeader
	if n < bulkWindow/4 && len(s.parts) > 0 && len(s.owing) < maxTransfers {
		s.owing[m.Src] = n
		return 0
	}
	delete(s.owing, m.Src)
	return n
}
