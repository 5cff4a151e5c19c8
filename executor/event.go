package executor

import (
	"context"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// EventType names what happened.
type EventType string

// What a view is told. The first four happen while planning, too.
const (
	ContextStarting EventType = "context_starting"
	ContextStatus   EventType = "context_status" // up, unreachable, failed or lost: see Event.Status
	ReadStart       EventType = "read_start"     // a check or a read-only call was sent
	ReadDone        EventType = "read_done"
	ApplyStart      EventType = "apply_start"
	ApplyDone       EventType = "apply_complete"
	ApplyErrored    EventType = "apply_errored"
	ApplySkipped    EventType = "apply_skipped"
	// ApplyInterrupted is an action that ran, or was on its way, when the user stopped
	// the apply.
	ApplyInterrupted EventType = "apply_interrupted"
	// Stopping comes when the user has asked to stop: what runs is being ended. It comes
	// again when the contexts are. Its Until takes the place of those of what began before.
	Stopping EventType = "stopping"
	// SourceRead comes all the time while a large source is read on the controller.
	// Nothing else happens then. Any other event says that it is over.
	SourceRead EventType = "source_read"
)

// Event tells a view what is happening. The executor makes it and sends it from
// its one goroutine, in the order in which things happen. Which fields are set
// depends on Type. Known secrets are masked in its texts.
type Event struct {
	Type    EventType
	Address string // of the action or context
	Context string // of the context an action is in
	Op      planner.Op
	Status  planner.ContextStatus
	Reason  string // why it is unreachable, skipped or errored; one line
	// Own is what of Reason are mitoplan's own words, as in a kind.Problem. Without Quotes
	// all are: then Reason quotes no host.
	Quotes  bool
	Own     string
	Elapsed time.Duration
	// Limit says when something that starts is given up: "given up after 5m".
	Limit string
	// Until returns the same at the moment of the call. For the start of a context it
	// says how long that still is, or what the start waits for: "given up in 7s". For a
	// check, a call or a change it says what did not count: "given up after 20s, not
	// counting 46s in which contents moved", or that it waits for the lock of the machine.
	// It is nil for other events. Any goroutine may call it.
	Until func() string
	// Done and Of are how many bytes of a source were read: SourceRead has them. Address
	// is its path then.
	Done, Of int64
	// Moved returns how many bytes of how many of a content have arrived for an action, at
	// the moment of the call, or how many have come of a result that is saved; then of is
	// 0. It returns false while nothing is on its way. Behind a hop it counts what has
	// arrived at the first one. Of a content that the context gets from a hop, which has
	// it from another transfer, nothing is known. It is nil for other events. Any
	// goroutine may call it.
	Moved func() (done, of int64, ok bool)
}

// View is told of each Event. It is called from one goroutine and must not block
// for long, because everything waits for it.
type View interface{ Event(Event) }

// Summary is what an apply did, counted.
type Summary struct {
	Added, Changed, Destroyed, Ran, Forgotten, Failed, Interrupted, Skipped, Refused int
	Elapsed                                                                          time.Duration
}

// reading returns what tells the view how far a large source is read, and ends the
// reading when ctx does. conceal takes secrets out of its path.
func (o Options) reading(ctx context.Context, conceal func(string) string) func(path string, done, of int64) error {
	return func(path string, done, of int64) error {
		if o.View != nil {
			o.View.Event(Event{Type: SourceRead, Address: conceal(path), Done: done, Of: of})
		}
		return context.Cause(ctx)
	}
}

// stopping tells the view that what runs is being ended, and by when. That is stopGrace for
// what runs, and as much again, from when that is over, for contexts: it is the default of
// transport.Options.ShutdownTimeout.
func (s *Session) stopping() {
	s.stopped = true
	end := time.Now().Add(stopGrace)
	s.loop.emit(Event{Type: Stopping, Until: func() string {
		if left := time.Until(end).Round(time.Second); left > 0 {
			return "being ended, given up in " + short(left)
		}
		return "being ended"
	}})
}

// emit sends an event to the view. The reason may quote a host, so known secrets
// in it are masked.
func (s *Session) emit(e Event) {
	if e.Quotes {
		told := s.planner.ConcealWording(kind.WordingOf(e.Reason, e.Own))
		e.Reason, e.Own = told.String(), told.Own()
	} else {
		e.Reason = s.planner.ConcealReason(e.Reason)
	}
	s.loop.emit(e)
}
