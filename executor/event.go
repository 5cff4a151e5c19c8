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

// Event is something that views are told while it happens. The executor makes it
// and sends it from its one goroutine, in the order in which things happen.
// Which fields are set depends on Type. Its texts are without the secrets that
// are known.
type Event struct {
	Type    EventType
	Address string // of the action or context
	Context string // of the context an action is in
	Op      planner.Op
	Status  planner.ContextStatus
	Reason  string // why unreachable, skipped or errored, in a line
	Elapsed time.Duration
	// Limit says of a start when it is given up: "given up after 5m".
	Limit string
	// Until says the same of a start whose limit changes, and what it waits for
	// now: "given up in 7s". It is nil for any other. Any goroutine may call it.
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

// emit tells the view. What a host said is in the reason: it is told without
// the secrets that are known.
func (s *Session) emit(e Event) {
	e.Reason = s.planner.Conceal(e.Reason)
	s.loop.emit(e)
}
