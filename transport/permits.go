package transport

import (
	"errors"
	"reflect"
)

// A Sender may be used by the contexts that it was given to. The owner of its
// receiver notes every context that it encodes the Sender for. Who passes a
// Sender on tells the owner, and every router on the way notes it, so that it
// lets through what then goes from one child of it to another.

// maxPassedOn is how many contexts may use one receiver because another context
// passed its Sender on to them.
const maxPassedOn = 4096

// permit is a receiver that contexts beside its own may send to.
type permit struct {
	to     Address
	handle uint32
}

// permitSenders permits a context to use every Sender in v. It is called for each
// value that is sent to the context. If the receiver is elsewhere, its owner is
// told.
func (x *exchange) permitSenders(v any, to Address) {
	eachSender(v, func(s Sender) {
		if s.handle < firstHandle || s.to == to {
			return
		}
		if s.to != x.self {
			x.passOn(s, to)
			return
		}
		x.mu.Lock()
		r, _ := x.handlers[s.handle].(shared)
		x.mu.Unlock()
		if r != nil {
			r.allow(to)
		}
	})
}

// passOn tells the owner of a Sender who else may use it. Contexts above the owner
// may always send to it, so that nothing is told of them. If the context ends that may use
// it, the owner is told, and if the owner ends, that context is.
func (x *exchange) passOn(s Sender, to Address) {
	if to.Behind(x.self) && to != x.self {
		x.permit(permit{s.to, s.handle}, to, true)
	}
	if !s.to.Behind(to) {
		_ = x.forward(&Message{Dst: s.to, Src: x.self, Handle: s.handle, Data: []byte(to.path), flags: flagCredit})
	}
}

// permit notes that a context may send to a receiver. own is true if this process gave it
// the Sender.
func (x *exchange) permit(p permit, to Address, own bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.permits[p] == nil {
		x.permits[p] = make(map[Address]bool)
	}
	x.permits[p][to] = own || x.permits[p][to]
}

// passedOn is the context to which a frame passes a Sender on. ok is false if
// the frame is of another kind.
func passedOn(m *Message) (to Address, ok bool) {
	if m.flags&flagCredit == 0 || m.Handle < firstHandle || len(m.Data) == 0 {
		return to, false
	}
	return to, to.UnmarshalBinary(m.Data) == nil
}

// notePermit looks at a frame that goes down to a receiver. If the frame passes the
// receiver's Sender on to a context behind another child, that context may send to
// the receiver through this process from now on.
func (x *exchange) notePermit(m *Message) {
	to, ok := passedOn(m)
	if !ok || m.from != nil || !to.Behind(m.Src) || !to.Behind(x.self) || !m.Dst.Behind(x.self) || to == x.self || m.Dst == x.self {
		return
	}
	x.permit(permit{m.Dst, m.Handle}, to, false)
}

// allowed reports whether a frame may go from one child to another: to a
// receiver whose Sender its source was given, or back, as credit for such a
// message or as the answer that it is not taken.
func (x *exchange) allowed(m *Message) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.permits[permit{m.Dst, m.Handle}][m.Src]; ok && m.Handle != handleCredit {
		return true
	}
	if m.Handle != handleCredit && m.flags&(flagCredit|flagDead) == 0 {
		return false
	}
	for p, users := range x.permits {
		if p.to == m.Src {
			if _, ok := users[m.Dst]; ok {
				return true
			}
		}
	}
	return false
}

// endPermits forgets the ways to and from contexts that have ended, and tells those who
// used them: what is sent there fails, and receivers elsewhere learn that nothing comes
// from there any more.
func (x *exchange) endPermits(behind Address, why error) {
	var lost *LostError
	if !errors.As(why, &lost) {
		lost = &LostError{Cause: why.Error()}
	}
	data, err := Marshal(lostPayload{behind, lost.toSend()})
	if err != nil {
		return
	}
	var sent []window
	var news []*Message
	tell := func(dst Address, handle uint32, flags uint8) {
		news = append(news, &Message{Dst: dst, Src: x.self, Handle: handle, Data: data, flags: flags})
	}
	x.mu.Lock()
	for to, w := range x.windows {
		if to.to.Behind(behind) {
			sent = append(sent, w)
		}
	}
	for p, users := range x.permits {
		gone := p.to.Behind(behind)
		for a, own := range users {
			switch {
			case a.Behind(behind):
				delete(users, a)
				if own && !gone {
					tell(p.to, p.handle, flagDead|flagBulk)
				}
			case gone:
				tell(a, handleCredit, flagDead)
			}
		}
		if len(users) == 0 || gone {
			delete(x.permits, p)
		}
	}
	x.mu.Unlock()
	for _, w := range sent {
		w.lost(why)
	}
	for _, m := range news {
		_ = x.forward(m)
	}
}

// tellReceivers tells the receivers of this process of contexts that have ended.
func (x *exchange) tellReceivers(behind Address, why error) {
	var all []shared
	x.mu.Lock()
	for r := range x.opened {
		all = append(all, r)
	}
	x.mu.Unlock()
	for _, r := range all {
		r.sendersEnded(behind, why)
	}
}

// checkSenders refuses a value from a context below if it names a Sender that
// the context does not have: one of a receiver that is not behind it and was
// not given to it. This process would otherwise send to that receiver, or pass
// the Sender on, with more right than the context has.
func (x *exchange) checkSenders(v any, tagged bool, from Address) (err error) {
	if from == x.self || x.self.Behind(from) {
		return nil
	}
	if !tagged && !decodesSender(reflect.TypeOf(v)) {
		return nil
	}
	eachSender(v, func(s Sender) {
		if s.to.Behind(from) && s.handle >= firstHandle || x.mayUse(from, s) {
			return
		}
		err = &RemoteError{Kind: "protocol", Message: "it names a receiver of context " + s.to.String() + " that it was not given"}
	})
	return err
}

// mayUse reports whether a context was given a Sender, as far as this process
// knows.
func (x *exchange) mayUse(a Address, s Sender) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s.to != x.self {
		_, ok := x.permits[permit{s.to, s.handle}][a]
		return ok
	}
	r, _ := x.handlers[s.handle].(shared)
	return r != nil && r.user(a)
}

// window is what this process has under way to a receiver: see sendWindow. An agent that
// sends nothing has none, and need not have the code for it.
type window interface {
	// lost is called when the context of the receiver has ended.
	lost(why error)
}

// shared is a handler that a Sender leads to: a Receiver.
type shared interface {
	// allow lets a context send to it.
	allow(a Address)
	// user reports whether a context may send to it.
	user(a Address) bool
	// sendersEnded tells it that a context has ended, and those behind it: nothing will
	// come from them any more.
	sendersEnded(behind Address, why error)
}
