package transport

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// bulkWindow is how many bytes of long messages may be under way from one
// context to another.
const bulkWindow = 4 << 20

// Bounds of what a neighbour may leave unfinished.
const (
	maxAssembling = maxUnconsumed
	// maxAssemblingParent is the same for the parent, who chooses what it sends.
	maxAssemblingParent = 256 << 20
	// easyAssembling is how much may be unfinished of several messages at once.
	easyAssembling = bulkWindow
	maxTransfers   = 4096
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
	b.pump(m.Dst, f)
	return nil
}

// pump sends what credit allows. One goroutine at a time does it for each
// destination, so that fragments keep their order. Where a fragment can not be
// sent, its message and all that wait behind it are answered.
func (b *Broker) pump(dst Address, f *flow) {
	s := &b.bulk
	s.mu.Lock()
	if f.busy {
		s.mu.Unlock()
		return
	}
	f.busy = true
	for {
		frag, of := f.next()
		if frag == nil {
			break
		}
		s.mu.Unlock()
		err := b.forward(frag)
		s.mu.Lock()
		if err != nil {
			failed := append([]*transfer{of}, f.queue...)
			f.queue = nil
			if s.flows[dst] == f {
				delete(s.flows, dst)
			}
			s.mu.Unlock()
			b.undeliverable(failed, err)
			return
		}
	}
	f.busy = false
	if len(f.queue) == 0 && f.credit == bulkWindow {
		delete(s.flows, dst)
	}
	s.mu.Unlock()
}

// undeliverable answers for messages of this process that could not be sent. A
// stream that is over needs no answer: the end of what is behind it is one.
func (b *Broker) undeliverable(all []*transfer, err error) {
	if ending(err) {
		return
	}
	told := make(map[*Message]bool)
	for _, t := range all {
		if told[t.m] {
			continue // its last fragment failed: it is not in the queue any more
		}
		told[t.m] = true
		b.mu.Lock()
		call, _ := b.handlers[t.m.ReplyTo].(*pendingCall)
		b.mu.Unlock()
		if call == nil || t.m.Handle != handleCall {
			b.dropped(t.m, err.Error())
			continue
		}
		call.fail(call.context.sendError(err))
	}
}

// next is the next fragment and its message, nil where there is none or no
// credit for it. The caller holds the sender's mutex.
func (f *flow) next() (*Message, *transfer) {
	if len(f.queue) == 0 {
		return nil, nil
	}
	t := f.queue[0]
	n := min(chunk, len(t.m.Data)-t.sent)
	if f.credit < n {
		return nil, nil
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
	return &frag, t
}

// forgetFlows drops what waits for contexts that are no more.
func (b *Broker) forgetFlows(behind Address) {
	b.forgetPasses(behind)
	b.bulk.mu.Lock()
	defer b.bulk.mu.Unlock()
	for dst := range b.bulk.flows {
		if dst.Behind(behind) {
			delete(b.bulk.flows, dst)
		}
	}
}

// giveCredit gives back credit for what a message brought, to a context.
func (b *Broker) giveCredit(m *Message, to Address, p creditPayload) {
	if data, err := Marshal(p); err == nil {
		_ = b.send(&Message{Dst: to, Src: b.self, Handle: handleCredit, Data: data, from: m.from})
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
		b.movedBy(m.Src)
		b.pump(m.Src, f)
	}
}

// assembler puts fragments together. Only a stream's reader uses it.
type assembler struct {
	most int // bytes of unfinished messages, and of one
	// others is how many more contexts may send: each has a window of its own.
	others func() int
	parts  map[partKey]*part
	order  []partKey // the oldest first
	bytes  int
	owing  map[Address]int
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
		if total > min(MaxMessage, s.most) || len(s.parts) >= maxTransfers {
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

// contextsBehind counts the contexts that were started from here behind an
// address, that one not counted.
func (b *Broker) contextsBehind(a Address) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for other := range b.contexts {
		if other != a && other.Behind(a) {
			n++
		}
	}
	return n
}

// remove forgets an unfinished message.
func (s *assembler) remove(key partKey) {
	s.bytes -= len(s.parts[key].m.Data)
	delete(s.parts, key)
	s.order = slices.DeleteFunc(s.order, func(k partKey) bool { return k == key })
}

// forget drops what a context that has ended left unfinished.
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

// owed is the credit to give back after a fragment, by who gets it: a quarter
// of the window at a time, and whatever is left when nothing is unfinished.
// Where much is unfinished, only the sender of the oldest message gets some, so
// that this one is finished; the others get theirs then.
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
	if s.owing[m.Src] >= bulkWindow/4 || len(s.parts) == 0 || len(s.owing) >= maxTransfers {
		pay(m.Src)
	}
	if finished {
		for a := range s.owing {
			pay(a)
		}
	}
	return due
}

// mayGoOn reports whether a sender should send more of what is unfinished.
func (s *assembler) mayGoOn(a Address) bool {
	return s.bytes <= easyAssembling || s.order[0].src == a
}
