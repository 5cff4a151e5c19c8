package transport

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport/internal/crowd"
)

// Options are what a Broker works with. The zero value is usable: it logs
// nothing and has the default bounds.
type Options struct {
	// Log gets the broker's own entries and, under their context's name, those
	// of all contexts. nil is silence, but for Run and RunWith, where MITOPLAN_LOG says
	// what is logged then. Of one context it gets an entry at a time. If it
	// takes longer than a second for one, calls go on, and it gets the next when it has
	// returned, with the number of those that were left out meanwhile.
	Log hclog.Logger
	// Agents says where the images of agents come from: in the controller from a
	// store of them, in an agent from the process itself.
	Agents AgentSource
	// Connectors are the kinds of contexts that this process starts when a
	// context above asks for them.
	Connectors []ConnectorType
	// Frames is told of every frame that crosses one of the broker's streams.
	// Several goroutines call it.
	Frames func(FrameEvent)
	// Guard is deferred in the broker's goroutines, so that it can catch a panic
	// before the runtime prints what it holds. nil leaves a panic to the runtime.
	Guard func()
	// HeartbeatInterval is after which silence a heartbeat is sent; 0 is 5 s.
	HeartbeatInterval time.Duration
	// HeartbeatTimeout is after which silence a neighbour is lost; 0 is 15 s.
	HeartbeatTimeout time.Duration
	// KillDelay is the time from TERM to KILL; 0 is 5 s.
	KillDelay time.Duration
	// ShutdownTimeout bounds the end of a context, or of all; 0 is 10 s.
	ShutdownTimeout time.Duration
	// Starts is how many contexts are started at once at most; 0 is no bound of the
	// caller's. How many it is in fact follows from how quickly they get on.
	Starts int
	// MaxMessage is how many bytes one message has at most: the arguments of a call with all
	// around them, a result, what a Sender sends. It is from 1 MiB to 64 MiB, and 64 MiB if it
	// is 0. All contexts get it, also those behind others. On the way up no message has more
	// than 28 MiB. Contents in a Blob and in pipes are no messages.
	MaxMessage int
	// Name is "USER@HOST:PID" of the controller; "" is that of this process. It is
	// carried to all agents, which call themselves "mitoplan:CONTEXT:" and this name.
	Name string
}

// filled is the options with every default in its place.
func (o Options) filled() Options {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	defaults := []struct {
		d   *time.Duration
		def time.Duration
	}{
		{&o.HeartbeatInterval, 5 * time.Second},
		{&o.HeartbeatTimeout, 15 * time.Second},
		{&o.KillDelay, 5 * time.Second},
		{&o.ShutdownTimeout, 10 * time.Second},
	}
	for _, d := range defaults {
		if *d.d == 0 {
			*d.d = d.def
		}
	}
	if o.MaxMessage <= 0 || o.MaxMessage > MaxMessage {
		o.MaxMessage = MaxMessage
	}
	return o
}

// nursery owns the children of this process: the part of a Broker that starts
// them, connects their streams to the exchange, and sees them end. It does not
// know what a context is for.
type nursery struct {
	exchange
	opt    Options
	ctx    context.Context // ends when the shutdown begins
	cancel context.CancelCauseFunc
	// contextsBehind counts the contexts behind a child. Each has a window of its
	// own for long messages. It is set before the first child starts.
	contextsBehind func(Address) int
	// childGone is called when a child is taken out of the routes. It is set before
	// the first child starts.
	childGone func(Address)
	gates     *crowd.Gates // of the starts of this process
	late      lateness     // of this process, while it starts contexts

	// Guarded by the exchange's mutex.
	closing  bool // no child may be added
	children map[Address]*child
	// living are all children until nothing is left of them: also those that are lost and
	// out of the routes, whose processes are still to be ended.
	living map[*child]struct{}
	// carried are those of living whose connections go through another one, or through a
	// context behind it, by the address of that one.
	carried map[Address]map[*child]struct{}

	shutdown sync.Once
	ended    error // what could not be ended; set once shutdown is done
}

// open makes a nursery ready for use.
func (n *nursery) open(o Options, self Address) {
	n.exchange.open()
	n.opt = o.filled()
	n.maxMessage, n.maxReply = n.opt.MaxMessage, min(n.opt.MaxMessage, MaxReply)
	n.self, n.log, n.guard = self, n.opt.Log, n.opt.Guard
	n.children, n.living = make(map[Address]*child), make(map[*child]struct{})
	n.carried = make(map[Address]map[*child]struct{})
	n.gates = crowd.NewGates(n.opt.Starts, func() time.Duration { return n.late.until(time.Now()) })
	n.ctx, n.cancel = context.WithCancelCause(context.Background())
	n.services[handleBye] = service{fromTheChild, func(s *Stream, _ *Message) { n.bye(s.peer) }}
}

// slots are what one start of this process has its turns by. Its clock tells them of
// progress.
func (n *nursery) slots(c *child, clock *startClock) *Slots {
	s := &Slots{gates: n.gates, clock: clock, log: &c.log, phase: func(p Phase) Phase {
		before := *c.phase.Load()
		c.enterPhase(p)
		return before
	}}
	clock.heard = s.heard
	return s
}

// add gives a child its place: from now on messages for it are routed to it. The
// caller holds the exchange's mutex.
func (n *nursery) add(c *child, a Address, name string) {
	c.address, c.name = a, name
	n.children[a] = c
	n.living[c] = struct{}{}
	n.branches[a] = &c.branch
	if c.via != nil {
		by := n.carrierOf(c)
		if n.carried[by] == nil {
			n.carried[by] = make(map[*child]struct{})
		}
		n.carried[by][c] = struct{}{}
	}
}

// carrierOf is the address of the child that a child with a via is carried by.
func (n *nursery) carrierOf(c *child) Address { return c.via.place().childTowards(n.self) }

// remove takes a child out of the routes. Its end has been reported before, so
// that whoever finds no route knows why.
func (n *nursery) remove(c *child) {
	n.mu.Lock()
	c.branch.ended = true
	c.letGo()
	if n.children[c.address] == c {
		delete(n.children, c.address)
		delete(n.branches, c.address)
	}
	n.mu.Unlock()
	n.forgetFlows(c.address, &LostError{Context: c.name, Cause: "it has ended"})
	n.childGone(c.address)
}

// over is called when nothing is left of a child.
func (n *nursery) over(c *child) {
	n.mu.Lock()
	delete(n.living, c)
	if c.via != nil {
		if by := n.carrierOf(c); len(n.carried[by]) > 1 {
			delete(n.carried[by], c)
		} else {
			delete(n.carried, by)
		}
	}
	n.mu.Unlock()
	c.log.Debug("nothing is left of it")
	close(c.done)
}

// carriedBy are the children whose connections go through a child, or through a context
// behind it. Others are not looked at: each of many contexts that end at once asks.
func (n *nursery) carriedBy(c *child) []*child {
	n.mu.Lock()
	defer n.mu.Unlock()
	carried := make([]*child, 0, len(n.carried[c.address]))
	for d := range n.carried[c.address] {
		carried = append(carried, d)
	}
	return carried
}

// bye is called when a child says that it ends on purpose.
func (n *nursery) bye(a Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.children[a]; c != nil && !c.saidBye {
		c.saidBye = true
		close(c.ends)
	}
}

// newStream makes a stream with the options of this process.
func (n *nursery) newStream(r *frameReader, w io.Writer, closer func() error) *Stream {
	s := newStream(r, w, closer)
	s.longest = n.maxMessage
	s.self, s.event, s.guard = n.self, n.opt.Frames, n.opt.Guard
	s.interval, s.timeout = n.opt.HeartbeatInterval, n.opt.HeartbeatTimeout
	s.patience = hoardTime
	if n.progressed != nil {
		s.moved = func(a Address) { n.progressed(a, 0, 0) }
	}
	return s
}

// end tells every child to end within the time, waits for that, also for those that were
// lost and are still being ended, and then ends everything else that runs or waits here. Calling it again waits for the first
// call.
func (n *nursery) end(within time.Duration) {
	n.shutdown.Do(func() {
		n.mu.Lock()
		n.closing = true
		children := make([]*child, 0, len(n.living))
		for c := range n.living {
			children = append(children, c)
		}
		n.mu.Unlock()
		for _, c := range children {
			c.end(within)
		}
		_ = awaitChildren(children, within) // starts that were left behind may end below
		n.cancel(errShutdown)
		n.closeHandlers()
		for _, note := range n.drops.stop() {
			n.sayDropped(note)
		}
		// What else still runs is about no host.
		n.all.await(logPatience + time.Second)
		n.ended = awaitChildren(children, 0)
	})
}

// awaitChildren waits for children that were told to end, and says which could
// not be ended.
func awaitChildren(children []*child, within time.Duration) error {
	deadline := time.NewTimer(within + time.Second)
	defer deadline.Stop()
	var errs []error
	late := false
	for _, c := range children {
		if !late {
			select {
			case <-c.done:
			case <-deadline.C:
				late = true
			}
		}
		if err := c.endError(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
