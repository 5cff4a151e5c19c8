package transport

import (
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
// may always send to it, so that nothing is told of them.
func (x *exchange) passOn(s Sender, to Address) {
	if s.to.Behind(to) {
		return
	}
	m := &Message{Dst: s.to, Src: x.self, Handle: s.handle, Data: []byte(to.path), flags: flagCredit}
	x.notePermit(m)
	_ = x.forward(m)
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
	x.mu.Lock()
	defer x.mu.Unlock()
	p := permit{m.Dst, m.Handle}
	if x.permits[p] == nil {
		x.permits[p] = make(map[Address]struct{})
	}
	x.permits[p][to] = struct{}{}
}

// allowed reports whether a frame may go from one child to another: to a
// receiver whose Sender its source was given, or back, as credit for such a
// message.
func (x *exchange) allowed(m *Message) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m.Handle != handleCredit {
		_, ok := x.permits[permit{m.Dst, m.Handle}][m.Src]
		return ok
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

// forgetPermits closes the ways to and from contexts that have ended.
func (x *exchange) forgetPermits(behind Address) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for p, users := range x.permits {
		for a := range users {
			if a.Behind(behind) {
				delete(users, a)
			}
		}
		if len(users) == 0 || p.to.Behind(behind) {
			delete(x.permits, p)
		}
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

// shared is a handler that a Sender leads to: a Receiver.
type shared interface {
	// allow lets a context send to it.
	allow(a Address)
	// user reports whether a context may send to it.
	user(a Address) bool
}
