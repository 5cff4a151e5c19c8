package transport

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
)

// Router starts contexts, and decides where each message goes.
type Router struct{ broker *Broker }

// NewRouter makes a router on a broker.
func NewRouter(b *Broker) *Router { return &Router{b} }

// Connect starts a context as a child of this process and returns at once:
// calls queue until it is up. ctx ends the attempt, not the context.
func (r *Router) Connect(ctx context.Context, c Connector, opts ...ConnectOption) (*Context, error) {
	return r.broker.connect(ctx, nil, c, opts)
}

// way is one of three.
type way int

const (
	wayHere way = iota
	wayDown
	wayUp
)

// route is the whole of routing: mine, a child's, or up.
func route(self, dst Address) (way, Address) {
	switch {
	case dst == self:
		return wayHere, dst
	case dst.Behind(self):
		return wayDown, dst.hopAfter(self)
	}
	return wayUp, Address{}
}

// refuse says why a frame that came in on a stream is not believed, "" if it
// is.
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

// receive is where every frame from a neighbour arrives, on the goroutine of
// the stream's reader.
func (b *Broker) receive(s *Stream, m *Message) {
	if why := refuse(b.self, s, m); why != "" {
		b.dropped(m, why)
		return
	}
	to, _ := route(b.self, m.Dst)
	switch {
	case to == wayHere:
		b.arrive(s, m)
	case to == wayDown && !s.up && m.Handle < firstHandle && m.Handle != handleCredit:
		b.dropped(m, "only from above")
	case to == wayUp && b.up == nil:
		b.dropped(m, errNoRoute.Error())
	case to == wayDown && !s.up && !b.allowed(m):
		b.dropped(m, "nobody let it send there")
	default:
		b.notePass(m)
		if err := b.forward(m); err != nil && !ending(err) {
			b.deadLetter(m, err)
		}
	}
}

// ending reports errors of a stream that is over: the end of the contexts
// behind it is about to be told, with its cause, and answers for all that was
// under way.
func ending(err error) bool { return errors.Is(err, errClosed) || errors.Is(err, errOverflow) }

// forward gives a message to the stream that leads to its destination, or
// keeps it for a child that is still starting.
func (b *Broker) forward(m *Message) error {
	to, hop := route(b.self, m.Dst)
	switch to {
	case wayHere:
		b.deliver(m)
		return nil
	case wayUp:
		if b.up == nil {
			return errNoRoute
		}
		return b.up.send(m, m.flags&flagBulk != 0)
	}
	b.mu.Lock()
	c := b.children[hop]
	if c == nil {
		b.mu.Unlock()
		return errNoRoute
	}
	s, err := c.hold(m)
	b.mu.Unlock()
	if s == nil {
		return err
	}
	return s.send(m, m.flags&flagBulk != 0)
}

// waitRoom waits while the stream that leads to dst has enough to write.
func (b *Broker) waitRoom(ctx context.Context, dst Address) error {
	to, hop := route(b.self, dst)
	s := b.up
	if to == wayDown {
		b.mu.Lock()
		c := b.children[hop]
		s = nil
		if c != nil {
			s = c.stream
		}
		b.mu.Unlock()
	}
	if s == nil || to == wayHere {
		return ctx.Err()
	}
	return s.wait(ctx)
}

// deadLetter answers for whom a message cannot be brought to. Who does not wait
// for a reply is not answered.
func (b *Broker) deadLetter(m *Message, err error) {
	if m.ReplyTo == 0 || m.flags&flagDead != 0 {
		b.dropped(m, err.Error())
		return
	}
	b.reply(m, nil, &RemoteError{Kind: "route", Message: "context " + m.Dst.String() + ": " + err.Error()}, flagDead)
}

// reply answers a message.
func (b *Broker) reply(m *Message, out []byte, err error, flags uint8) {
	if m.ReplyTo == 0 {
		return
	}
	p := replyPayload{Out: out}
	if err != nil {
		p = replyPayload{Err: toWire(err)}
	}
	data, merr := Marshal(p)
	if merr == nil && len(data) > MaxReply {
		p = replyPayload{Err: toWire(&RemoteError{Kind: "size", Message: "its result has " + itoa(len(data)) + " bytes; the most that one answer may have is " + size(MaxReply)})}
		data, merr = Marshal(p)
	}
	if merr != nil {
		b.log.Error("reply cannot be encoded", "error", merr)
		return
	}
	_ = b.send(&Message{Dst: m.Src, Src: b.self, Handle: m.ReplyTo, Data: data, flags: flags, from: m.from})
}

// arrive takes a message for this process: fragments are put together first.
func (b *Broker) arrive(s *Stream, m *Message) {
	if m.flags&flagPart == 0 {
		b.dispatch(s, m)
		return
	}
	whole, err := s.assemble(m)
	if err != nil {
		s.fail(err)
		return
	}
	b.movedBy(m.Src)
	for to, credit := range s.owed(m, whole != nil) {
		b.giveCredit(m, to, creditPayload{Bytes: uint32(credit)})
	}
	if whole != nil {
		b.dispatch(s, whole)
	}
}

// dispatch gives a whole message to its handle. What changes this process is
// obeyed only from above; what reports is believed only from below.
func (b *Broker) dispatch(s *Stream, m *Message) {
	if m.Handle >= firstHandle {
		b.deliver(m)
		return
	}
	above := s.up && b.engine != nil
	below := !s.up
	switch {
	case m.Handle == handleCall && above:
		b.engine.call(m)
	case m.Handle == handleCancel && above:
		b.engine.cancel(m)
	case m.Handle == handleSpawn && above:
		b.spawn(m)
	case m.Handle == handleShutdown && above && m.Src == b.self.Parent():
		b.engine.shutdown(m)
	case m.Handle == handleCredit:
		b.credited(m)
	case m.Handle == handleLog && below:
		b.logged(m)
	case m.Handle == handleLost && below:
		b.childLost(s, m)
	case m.Handle == handleBye && below && m.Src == s.peer:
		b.bye(s.peer)
	default:
		b.dropped(m, "this handle does not take it from there")
	}
}

// deliver gives a message to the handler of its handle.
func (b *Broker) deliver(m *Message) {
	b.mu.Lock()
	h := b.handlers[m.Handle]
	b.mu.Unlock()
	if h == nil {
		if m.flags&(flagFin|flagReset|flagCredit) == 0 {
			b.noteDrop(m, "its handle is closed", hclog.Debug)
		}
		return
	}
	h.receive(m)
}
