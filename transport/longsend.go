package transport

import (
	"encoding/binary"
	"sync"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// bulkSender cuts long messages into fragments and sends them as far as their
// destination gives credit: one message after the other for each destination.
type bulkSender struct {
	mu    sync.Mutex // guards what follows; never held across a send
	flows map[Address]*flow
	last  uint32
}

// flow is what is sent to one destination: the messages that wait, and how many
// bytes may still be sent.
type flow struct {
	credit int
	queue  []*transfer
	busy   bool // a goroutine sends for this destination
}

// transfer is a long message, and how much of it has been sent.
type transfer struct {
	m    *Message
	id   uint32
	sent int
}

// sendBulk sends a long message in fragments, as the destination gives credit.
func (x *exchange) sendBulk(m *Message) error {
	s := &x.bulk
	s.mu.Lock()
	f := s.flows[m.Dst]
	if f == nil {
		f = &flow{credit: queue.Now().Long}
		s.flows[m.Dst] = f
	}
	s.last++
	f.queue = append(f.queue, &transfer{m: m, id: s.last})
	s.mu.Unlock()
	x.pump(m.Dst, f)
	return nil
}

// pump sends the fragments that credit allows. One goroutine at a time does
// that for each destination, so that fragments keep their order. If a fragment
// cannot be sent, its message and all that wait behind it have failed.
func (x *exchange) pump(dst Address, f *flow) {
	s := &x.bulk
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
		err := x.forward(frag)
		s.mu.Lock()
		if err != nil {
			failed := append([]*transfer{of}, f.queue...)
			f.queue = nil
			if s.flows[dst] == f {
				delete(s.flows, dst)
			}
			s.mu.Unlock()
			x.undeliverable(failed, err)
			return
		}
	}
	f.busy = false
	if len(f.queue) == 0 && f.credit == queue.Now().Long {
		delete(s.flows, dst)
	}
	s.mu.Unlock()
}

// undeliverable tells those in this process whose messages could not be sent: calls, and
// what is under way to a receiver. If the stream has ended, there is nothing to do: the end of what is
// behind it fails them.
func (x *exchange) undeliverable(all []*transfer, err error) {
	if streamEnded(err) {
		return
	}
	told := make(map[*Message]bool)
	for _, t := range all {
		if told[t.m] {
			continue // its last fragment failed: it is not in the queue any more
		}
		told[t.m] = true
		x.mu.Lock()
		h, waits := x.handlers[t.m.ReplyTo].(unsentHandler)
		x.mu.Unlock()
		if !waits {
			x.dropped(t.m, err.Error())
			continue
		}
		h.unsent(err)
	}
}

// next is the next fragment, and the message that it is of. Both are nil if
// there is none, or no credit for it. The caller holds the sender's mutex.
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

// unsentOf is how many bytes of a long call have not left this process.
func (x *exchange) unsentOf(dst Address, id uint32) (n int) {
	x.bulk.mu.Lock()
	if f := x.bulk.flows[dst]; f != nil {
		for _, t := range f.queue {
			if t.m.Handle == handleCall && t.m.ReplyTo == id {
				n += len(t.m.Data) - t.sent
			}
		}
	}
	x.bulk.mu.Unlock()
	if s := x.streamTo(dst); s != nil {
		n += s.unwritten(dst, id)
	}
	return n
}

// forgetFlows drops what waits for contexts that have ended, and says why to those who
// send there, or listen to them.
func (x *exchange) forgetFlows(behind Address, why error) {
	x.endPermits(behind, why)
	x.bulk.mu.Lock()
	defer x.bulk.mu.Unlock()
	for dst := range x.bulk.flows {
		if dst.Behind(behind) {
			delete(x.bulk.flows, dst)
		}
	}
}

// receiversLost takes the message in which a context above, which gave this one Senders,
// tells that the context of the receivers has ended.
func (x *exchange) receiversLost(m *Message) {
	p, err := readLost(m)
	above := x.self.Behind(m.Src) && m.Src != x.self
	if err != nil || !above || p.Address.Behind(x.self) || x.self.Behind(p.Address) {
		x.dropped(m, "only a context above tells of the end of one beside this one")
		return
	}
	x.endPermits(p.Address, p.Err)
}

// readLost reads the payload that tells of a context that has ended. Err is set.
func readLost(m *Message) (p lostPayload, err error) {
	err = Unmarshal(m.Data, &p)
	if p.Err == nil {
		p.Err = &LostError{Cause: "it was shut down"}
	}
	p.Err.clean()
	p.Err.Context = p.Address.String()
	return p, err
}

// giveCredit lets a context send more, now that something of the message has
// been consumed.
func (x *exchange) giveCredit(m *Message, to Address, p creditPayload) {
	if data, err := Marshal(p); err == nil {
		_ = x.send(&Message{Dst: to, Src: x.self, Handle: handleCredit, Data: data, from: m.from})
	}
}

// credited takes the credit that a destination gives.
func (x *exchange) credited(m *Message) {
	if m.flags&flagDead != 0 {
		x.receiversLost(m)
		return
	}
	var p creditPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		x.dropped(m, err.Error())
		return
	}
	if p.Logs > 0 && x.logCredited != nil && x.self.Behind(m.Src) {
		x.logCredited(int(p.Logs))
	}
	x.bulk.mu.Lock()
	f, n := x.bulk.flows[m.Src], 0
	if f != nil {
		n = -f.credit
		f.credit = min(queue.Now().Long, f.credit+int(min(p.Bytes, bulkWindow)))
		n += f.credit
	}
	x.bulk.mu.Unlock()
	if f != nil {
		x.progressed(m.Src, 0, n)
		x.pump(m.Src, f)
	}
}
