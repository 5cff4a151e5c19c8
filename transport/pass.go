package transport

import (
	"reflect"
	"sync"
)

// Who may use a Sender. Its owner notes every context that it encodes one for;
// who passes one on that it was given says so to the owner, and every router
// on the way notes it, so that it lets through what then goes from one child
// of it to another.

// maxPassedOn is how many contexts may use one receiver because others passed
// its sender on.
const maxPassedOn = 4096

// pass is a receiver that contexts beside its own may send to.
type pass struct {
	to     Address
	handle uint32
}

// entrust notes, or has the owner note, that a context may use every Sender
// that is in v.
func (b *Broker) entrust(v any, to Address) {
	eachSender(v, func(s Sender) {
		if s.handle < firstHandle || s.to == to {
			return
		}
		if s.to != b.self {
			b.passOn(s, to)
			return
		}
		b.mu.Lock()
		r, _ := b.handlers[s.handle].(*Receiver)
		b.mu.Unlock()
		if r != nil {
			r.allow(to)
		}
	})
}

// passOn tells the owner of a sender who else may use it. Whoever is above the
// owner may without that.
func (b *Broker) passOn(s Sender, to Address) {
	if s.to.Behind(to) {
		return
	}
	m := &Message{Dst: s.to, Src: b.self, Handle: s.handle, Data: []byte(to.path), flags: flagCredit}
	b.notePass(m)
	_ = b.forward(m)
}

// passedOn is the context that a frame lets use the receiver it is for.
func passedOn(m *Message) (to Address, ok bool) {
	if m.flags&flagCredit == 0 || m.Handle < firstHandle || len(m.Data) == 0 {
		return to, false
	}
	return to, to.UnmarshalBinary(m.Data) == nil
}

// notePass notes a way from one child to another, as a frame that goes down to
// the receiver opens it.
func (b *Broker) notePass(m *Message) {
	to, ok := passedOn(m)
	if !ok || m.from != nil || !to.Behind(m.Src) || !to.Behind(b.self) || !m.Dst.Behind(b.self) || to == b.self || m.Dst == b.self {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := pass{m.Dst, m.Handle}
	if b.passes[p] == nil {
		b.passes[p] = make(map[Address]struct{})
	}
	b.passes[p][to] = struct{}{}
}

// allowed reports whether a frame may go from one child to another: to a
// receiver whose sender the source was given, or back as credit for that.
func (b *Broker) allowed(m *Message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Handle != handleCredit {
		_, ok := b.passes[pass{m.Dst, m.Handle}][m.Src]
		return ok
	}
	for p, users := range b.passes {
		if p.to == m.Src {
			if _, ok := users[m.Dst]; ok {
				return true
			}
		}
	}
	return false
}

// forgetPasses closes the ways to and from contexts that are no more.
func (b *Broker) forgetPasses(behind Address) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, users := range b.passes {
		for a := range users {
			if a.Behind(behind) {
				delete(users, a)
			}
		}
		if len(users) == 0 || p.to.Behind(behind) {
			delete(b.passes, p)
		}
	}
}

// checkSenders refuses senders that a context below names and does not have: of
// receivers that are neither behind it nor were given to it. Whoever sends to
// them, or passes them on, would do that with more right than the context has.
func (b *Broker) checkSenders(v any, from Address) (err error) {
	if from == b.self || b.self.Behind(from) {
		return nil
	}
	if !decodesSender(reflect.TypeOf(v)) {
		return nil
	}
	eachSender(v, func(s Sender) {
		if s.to.Behind(from) && s.handle >= firstHandle || b.has(from, s) {
			return
		}
		err = &RemoteError{Kind: "protocol", Message: "it names a receiver of context " + s.to.String() + " that it was not given"}
	})
	return err
}

// has reports whether a context was given a sender, as far as is known here.
func (b *Broker) has(a Address, s Sender) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.to != b.self {
		_, ok := b.passes[pass{s.to, s.handle}][a]
		return ok
	}
	r, _ := b.handlers[s.handle].(*Receiver)
	return r != nil && r.user(a)
}

// eachSender calls f for every Sender in a value that is encoded.
func eachSender(v any, f func(Sender)) {
	if v != nil && mayHoldSender(reflect.TypeOf(v)) {
		walkSenders(reflect.ValueOf(v), f, 0)
	}
}

var (
	senderType  = reflect.TypeFor[Sender]()
	senderHeld  sync.Map // reflect.Type to bool
	senderRead  sync.Map // the same, for values that the decoder makes
	maxWalkDeep = 2 * maxNesting
)

// mayHoldSender reports whether values of a type can have a Sender in them.
// Most can not, and are never walked through.
func mayHoldSender(t reflect.Type) bool {
	if held, ok := senderHeld.Load(t); ok {
		return held.(bool)
	}
	held := holdsSender(t, true, map[reflect.Type]bool{})
	senderHeld.Store(t, held)
	return held
}

// decodesSender is mayHoldSender for a value that was decoded: in an any there
// never is a Sender then.
func decodesSender(t reflect.Type) bool {
	if held, ok := senderRead.Load(t); ok {
		return held.(bool)
	}
	held := holdsSender(t, false, map[reflect.Type]bool{})
	senderRead.Store(t, held)
	return held
}

func holdsSender(t reflect.Type, dynamic bool, seen map[reflect.Type]bool) bool {
	if t == senderType {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return dynamic
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsSender(t.Elem(), dynamic, seen)
	case reflect.Map:
		return holdsSender(t.Key(), dynamic, seen) || holdsSender(t.Elem(), dynamic, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && holdsSender(f.Type, dynamic, seen) {
				return true
			}
		}
	}
	return false
}

func walkSenders(v reflect.Value, f func(Sender), depth int) {
	if depth > maxWalkDeep || !v.IsValid() || !mayHoldSender(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		walkSenders(v.Elem(), f, depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walkSenders(v.Index(i), f, depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walkSenders(it.Key(), f, depth+1)
			walkSenders(it.Value(), f, depth+1)
		}
	case reflect.Struct:
		if v.Type() == senderType {
			f(v.Interface().(Sender))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkSenders(v.Field(i), f, depth+1)
			}
		}
	}
}
