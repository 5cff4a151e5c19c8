package transport

import (
	"encoding/binary"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// user is a context that may send to a Receiver, and what it has under way there.
type user struct {
	passed bool   // another context named it
	closed bool   // it has said that nothing more will come
	reply  uint32 // its handle that takes credit
	waits  int    // what its messages that were not taken count
	owed   int    // what those count that were taken, and that it has no credit for yet
	from   *account
}

// allow lets a context send to the receiver.
func (r *Receiver) allow(a Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users[a] == nil {
		r.users[a] = &user{}
	}
}

// user reports whether a context may send here: one that was given the sender,
// this one itself, and those above, which may do more than that.
func (r *Receiver) user(a Address) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.users[a] != nil || r.broker.self.Behind(a)
}

// pass lets a context use the receiver because a user of it says so. That one
// can speak only for contexts behind it.
func (r *Receiver) pass(m *Message, to Address) {
	r.mu.Lock()
	known := r.users[to] != nil
	ok := to.Behind(m.Src) && (known || r.passed < maxPassedOn)
	if ok && !known {
		r.users[to] = &user{passed: true}
		r.passed++
	}
	r.mu.Unlock()
	if !ok {
		r.broker.dropped(m, "it may not pass the sender on to there")
	}
}

// userLost takes the message in which a context that passed the sender on tells that the
// one it passed it on to has ended. It can speak only for contexts behind it.
func (r *Receiver) userLost(m *Message) {
	p, err := readLost(m)
	if err != nil || !p.Address.Behind(m.Src) || p.Address == m.Src {
		r.broker.dropped(m, "it tells of the end of no context behind it")
		return
	}
	r.sendersEnded(p.Address, p.Err)
}

// sendersEnded takes contexts off the receiver that have ended. If one of them has not
// closed the sender, whoever waits is told, after all that came from there.
func (r *Receiver) sendersEnded(behind Address, why error) {
	r.mu.Lock()
	tell := false
	for a, u := range r.users {
		if !a.Behind(behind) {
			continue
		}
		delete(r.users, a)
		if u.passed {
			r.passed--
		}
		tell = tell || !u.closed
	}
	r.mu.Unlock()
	if tell && r.from == nil {
		r.push(received{from: r.broker.contextAt(behind), err: why})
	}
}

// admit counts a message in the window of its sender. ok is false if the window is full:
// an honest sender waits then.
func (r *Receiver) admit(m *Message, cost int) (ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[m.Src]
	if u == nil {
		u = &user{} // this context, or one above
		r.users[m.Src] = u
	}
	if u.waits+u.owed >= queue.Now().Sender {
		return false
	}
	u.waits += cost
	u.reply, u.from, u.closed = m.ReplyTo, m.from, m.flags&flagFin != 0
	return true
}

// taken counts a message that was taken, and returns the credit that its sender gets for
// it and those before, nil for none yet. The caller holds mu.
func (r *Receiver) taken(item *received) *Message {
	u := r.users[item.src]
	if u == nil || item.cost == 0 {
		return nil
	}
	u.waits -= item.cost
	u.owed += item.cost
	if u.owed < queue.Now().Sender/4 || u.reply == 0 {
		return nil
	}
	data := binary.BigEndian.AppendUint32(nil, uint32(u.owed))
	u.owed = 0
	return &Message{Dst: item.src, Src: r.broker.self, Handle: u.reply, Data: data, flags: flagCredit, from: u.from}
}

// waiting are the messages to answer when the receiver closes: one for each context that
// has something under way here and may wait for credit. The caller holds mu.
func (r *Receiver) waiting() (all []*Message) {
	for a, u := range r.users {
		if u.waits+u.owed > 0 {
			all = append(all, &Message{Src: a, Handle: r.handle, ReplyTo: u.reply, from: u.from})
		}
	}
	return all
}

// openReceiver gives a receiver its handle.
func (x *exchange) openReceiver(r *Receiver) uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.opened[r] = struct{}{}
	return x.registerLocked(r)
}

// closeReceiver closes the handle of a receiver.
func (x *exchange) closeReceiver(r *Receiver, handle uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.opened, r)
	delete(x.handlers, handle)
}
