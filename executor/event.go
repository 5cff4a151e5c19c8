package executor

import (
	"time"

	"github.com/mitoplan/mitoplan/planner"
)

// EventType names what happened.
type EventType string

// What a view is told. The first four happen while planning, too.
const (
	ContextStarting EventType = "context_starting"
	ContextStatus   EventType = "context_status" // up, unreachable or lost: see Event.Status
	ReadStart       EventType = "read_start"     // a check or a read-only call was sent
	ReadDone        EventType = "read_done"
	ApplyStart      EventType = "apply_start"
	ApplyDone       EventType = "apply_complete"
	ApplyErrored    EventType = "apply_errored"
	ApplySkipped    EventType = "apply_skipped"
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
	Elapsed time.Duration
	// Limit says when something that starts is given up: "given up after 5m".
	Limit string
	// Until returns the same for the start of a context at the moment of the
	// call, or what the start waits for: "given up in 7s". It is nil for other
	// events. Any goroutine may call it.
	Until func() string
}

// View is told of each Event. It is called from one goroutine and must not block
// for long, because everything waits for it.
type View interface{ Event(Event) }

// Summary is what an apply did, counted.
type Summary struct {
	Added, Changed, Destroyed, Ran, Failed, Skipped, Refused int
	Elapsed                                                  time.Duration
}

// emit sends an event to the view. The reason may quote a host, so known secrets
// in it are masked.
func (s *Session) emit(e Event) {
	e.Reason = s.planner.Conceal(e.Reason)
	s.loop.emit(e)
}
