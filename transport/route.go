package transport

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
)

// way is one of the three ways that a message can go.
type way int

const (
	wayHere way = iota
	wayDown
	wayUp
)

// route is the whole of routing: a message is for here, for the child that
// leads to its destination, or goes up.
func route(self, dst Address) (way, Address) {
	switch {
	case dst == self:
		return wayHere, dst
	case dst.Behind(self):
		return wayDown, dst.childTowards(self)
	}
	return wayUp, Address{}
}

// refuse says why a frame is not accepted from the stream that it came in on,
// "" if it is.
func refuse(self Address, s *Stream, m *Message) string {
	switch {
	case s.up && m.Src.Behind(self):
		return "its source is not above"
	case s.up && !m.Dst.Behind(self):
		return "it came from above and wants to go there"
	case s.up:
		return ""
	case m.Src.Behind(s.peer):
		return ""
	case m.Src.Depth() >= s.peer.Depth() && (Address{m.Src.path[:len(s.peer.path)]}).samePlace(s.peer):
		return "its source is of an old generation"
	}
	return "its source is not behind the stream it came in on"
}

var errNoRoute = errors.New("there is no such context")

// receive gets every frame from a neighbour, on the goroutine of the stream's
// reader.
func (x *exchange) receive(s *Stream, m *Message) {
	if why := refuse(x.self, s, m); why != "" {
		x.dropped(m, why)
		return
	}
	to, _ := route(x.self, m.Dst)
	switch {
	case to == wayHere:
		x.arrive(s, m)
	case to == wayDown && !s.up && m.Handle < firstHandle && m.Handle != handleCredit:
		x.dropped(m, "only from above")
	case to == wayUp && x.up == nil:
		x.dropped(m, errNoRoute.Error())
	case to == wayDown && !s.up && !x.allowed(m):
		x.dropped(m, "nobody let it send there")
		x.refuseMessage(m, "transport.ErrSenderRefused")
	default:
		x.notePermit(m)
		if err := x.forward(m); err != nil && !streamEnded(err) {
			x.deadLetter(m, err)
		}
	}
}

// streamEnded reports whether an error is that of a stream that has ended. The end
// of the contexts behind it is about to be told, with its cause, and answers
// for all that was under way.
func streamEnded(err error) bool { return errors.Is(err, errClosed) || errors.Is(err, errOverflow) }

// forward gives a message to the stream that leads to its destination. If that
// is a child that is still starting, the message is kept for it.
func (x *exchange) forward(m *Message) error {
	to, child := route(x.self, m.Dst)
	switch to {
	case wayHere:
		x.deliver(m)
		return nil
	case wayUp:
		if x.up == nil {
			return errNoRoute
		}
		return x.up.send(m, m.flags&flagBulk != 0)
	}
	x.mu.Lock()
	next := x.branches[child]
	if next == nil {
		x.mu.Unlock()
		return errNoRoute
	}
	s, err := next.hold(m)
	x.mu.Unlock()
	if s == nil {
		return err
	}
	return s.send(m, m.flags&flagBulk != 0)
}

// awaitRoom blocks while the stream that leads to dst has more than most bytes to
// write.
func (x *exchange) awaitRoom(ctx context.Context, dst Address, most int) error {
	s := x.streamTo(dst)
	if s == nil {
		return ctx.Err()
	}
	return s.awaitRoom(ctx, most)
}

// streamTo is the stream that leads to dst, nil if there is none.
func (x *exchange) streamTo(dst Address) *Stream {
	to, child := route(x.self, dst)
	switch to {
	case wayHere:
		return nil
	case wayUp:
		return x.up
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if next := x.branches[child]; next != nil {
		return next.stream
	}
	return nil
}

// deadLetter replies to the sender of a message that cannot be brought to its
// destination, so that its call fails at once. A message that asks for no reply
// is dropped and logged.
func (x *exchange) deadLetter(m *Message, err error) {
	if m.ReplyTo == 0 || m.flags&flagDead != 0 {
		x.dropped(m, err.Error())
		return
	}
	x.reply(m, nil, &RemoteError{Kind: "route", Message: "context " + m.Dst.String() + ": " + err.Error()}, flagDead)
}

// reply answers a message with a result or an error. A result that is too long
// becomes an error that says so.
func (x *exchange) reply(m *Message, out []byte, err error, flags uint8) {
	if m.ReplyTo == 0 {
		return
	}
	p := replyPayload{Out: out}
	if err != nil {
		p = replyPayload{Err: toWire(err)}
	}
	data, merr := p.encode()
	if merr == nil && len(data) > x.maxReply {
		p = replyPayload{Err: toWire(&RemoteError{Kind: "size", Message: "its result has " + itoa(len(data)) + " bytes; the most that one answer may have is " + x.mostOfReply()})}
		data, merr = p.encode()
	}
	if merr != nil {
		x.say(hclog.Error, "reply cannot be encoded", "error", merr)
		return
	}
	_ = x.send(&Message{Dst: m.Src, Src: x.self, Handle: m.ReplyTo, Data: data, flags: flags, from: m.from})
}

// mostOfReply is how long an answer may be, and what has set that if it can be more.
func (x *exchange) mostOfReply() string {
	if x.maxReply == MaxReply {
		return size(MaxReply)
	}
	return itoa(x.maxReply) + " bytes (see Options.MaxMessage)"
}

// arrive takes a frame for this process. Fragments are put together first.
func (x *exchange) arrive(s *Stream, m *Message) {
	if m.flags&flagPart == 0 {
		x.dispatch(s, m)
		return
	}
	whole, err := s.assemble(m)
	if err != nil {
		s.fail(err)
		return
	}
	x.progressed(m.Src, m.Handle, len(m.Data)-fragmentHeader)
	for to, credit := range s.owed(m, whole != nil) {
		x.giveCredit(m, to, creditPayload{Bytes: uint32(credit)})
	}
	if whole != nil {
		x.dispatch(s, whole)
	}
}

// dispatch passes a whole message to the service that owns its handle. Each service
// says from where its messages must come. Messages that change this process are
// accepted only from above. Reports are accepted only from below.
func (x *exchange) dispatch(s *Stream, m *Message) {
	if m.Handle >= firstHandle {
		x.deliver(m)
		return
	}
	if m.Handle < uint32(len(x.services)) {
		if v := x.services[m.Handle]; v.take != nil && v.from(s, m) {
			v.take(s, m)
			return
		}
	}
	x.dropped(m, "this handle does not take it from there")
}

// refuseMessage tells the sender of a message for a receiver that it is not taken there,
// with the known error of that name and no words, as whoever sends without end is answered
// without end. Nobody else is answered.
func (x *exchange) refuseMessage(m *Message, known string) {
	if fromSender(m) {
		x.reply(m, nil, &RemoteError{known: []string{known}}, flagDead)
	}
}

// fromSender reports whether a frame is one of a Sender, or a part of one.
func fromSender(m *Message) bool {
	return m.Handle >= firstHandle && m.ReplyTo >= firstHandle && m.flags&(flagReset|flagCredit|flagDead) == 0 && (m.flags&flagBulk == 0 || m.flags&flagPart != 0)
}

// deliver gives a message to the handler of its handle. If that is closed, the
// message is dropped.
func (x *exchange) deliver(m *Message) {
	x.mu.Lock()
	h := x.handlers[m.Handle]
	x.mu.Unlock()
	if h == nil {
		if m.flags&(flagFin|flagReset|flagCredit) == 0 {
			x.noteDrop(m, "its handle is closed", hclog.Debug)
		}
		x.refuseMessage(m, "transport.ErrReceiverClosed")
		return
	}
	h.receive(m)
}
