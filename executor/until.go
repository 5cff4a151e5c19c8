package executor

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// sent says how much of an agent has arrived, at which rate, and how long the rest will
// take at that rate.
func sent(p transport.Progress) string {
	if p.Arrived < 0 {
		return "agent: " + prose.Bytes(p.Size) + " on their way, " + givenUp(p.Left)
	}
	if p.Arrived == 0 {
		return "agent: nothing of " + prose.Bytes(p.Size) + " has arrived, " + givenUp(p.Left)
	}
	text := "agent: " + prose.BytesOf(p.Arrived, p.Size)
	if p.Rate < 1 {
		return text + " has arrived, " + givenUp(p.Left)
	}
	left := time.Duration(float64(p.Size-p.Arrived) / p.Rate * float64(time.Second))
	return fmt.Sprintf("%s, %s/s, %s left", text, prose.Bytes(int64(p.Rate)), short(left.Round(time.Second)))
}

// until returns a function that says when the start of a context is given up, at
// the moment when it is called. A fixed text would be wrong: the time of a start
// begins to run late, and stops while an agent is built. If an agent starts the
// context, this process does not know how far it is, and the function returns
// limit.
func (h *handle) until(limit string) func() string {
	return func() string {
		c := h.started.Load()
		if c == nil {
			return "waits for the context that it goes through"
		}
		p, ok := c.Progress()
		if !ok {
			return limit
		}
		return leftOf(p)
	}
}

// untilOf returns a function that says when a step that is being sent is given up, and
// for how long contents have moved since, or the lock of the machine was waited for, which
// does not count. While the lock is waited for, it says that.
func (s *Session) untilOf(step *planner.Step, limit string) func() string {
	h := s.handles[step.Hop.Address]
	if h == nil || h.flights[step.Address] == nil {
		return nil
	}
	f, lock, began := h.flights[step.Address], h.locking, time.Now()
	if step.Action == nil {
		lock = nil // what a plan asks waits for no lock
	}
	return func() string {
		waited, waits := lock.since(began)
		if waits {
			return "waits for the lock of the machine, given up after " + short(lock.longest)
		}
		text := limit + notCounting(waited, "it waited for the lock of the machine")
		if call := f.call.Load(); call != nil {
			text += notCounting(transport.Moved(*call), "contents moved")
		}
		return text
	}
}

// lockWait is how long a context waits for the lock of its machine, at an apply. Nothing
// that changes the machine begins before it has the lock.
type lockWait struct {
	longest time.Duration             // what -lock-timeout allows
	over    atomic.Pointer[time.Time] // when it was answered, nil before
}

// since says for how long an action that began then waited for the lock, and whether it
// still does. Any goroutine may call it.
func (w *lockWait) since(began time.Time) (waited time.Duration, waits bool) {
	if w == nil {
		return 0, false
	}
	over := w.over.Load()
	if over == nil {
		return time.Since(began), true
	}
	return over.Sub(began), false
}

// flight is the call of a step. A view learns of the step before it is sent, and asks about
// the call later, from another goroutine.
type flight struct {
	call atomic.Pointer[transport.Pending] // nil until it has been sent
}

// notCounting says for how long something was done that does not count, "" if that is next
// to nothing.
func notCounting(took time.Duration, what string) string {
	if took < time.Second {
		return ""
	}
	return ", not counting " + short(took.Round(time.Second)) + " in which " + what
}

func leftOf(p transport.Progress) string {
	switch {
	case p.Asked != "":
		return p.Asked + ", which does not count against it"
	case p.Size > 0:
		return sent(p)
	case !p.Paused:
		return givenUp(p.Left)
	case p.Phase == transport.PhaseVia || p.Phase == transport.PhaseWaiting:
		return "waits for the context that it goes through"
	case p.Phase == transport.PhaseTurn:
		return "waits until fewer are on their way, which does not count against it"
	case p.Phase == transport.PhaseImage:
		return "the agent for its platform is being made, which does not count against it"
	}
	return "waits, which does not count against it"
}

// givenUp says when a start will be given up.
func givenUp(left time.Duration) string {
	if left < time.Second/2 {
		return "given up at any moment"
	}
	return "given up in " + short(left.Round(time.Second))
}
