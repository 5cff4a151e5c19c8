package executor

import (
	"time"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// watch hears of the end of a context that nobody asked for.
func (s *Session) watch(h *hop) {
	lost := h.context.Lost()
	s.on(lost, func(any, error) {
		if _, err := lost.Value(); err != nil {
			h.up, h.err = false, err
			s.emit(Event{Type: ContextStatus, Address: h.Address, Status: planner.ContextUnreachable, Reason: err.Error()})
			s.planner.Lost(h.Address, s.failure(h, err))
		}
	})
}

// collectFailures tells the planner about contexts that failed or were lost after
// their last waiter was gone, so that it can say why their actions failed.
func (s *Session) collectFailures() {
	late := time.NewTimer(rootWait)
	defer late.Stop()
	for h := range s.behind {
		awaitRoot(h, late.C)
	}
	for _, h := range s.hops {
		if h.context == nil {
			continue
		}
		for _, err := range []error{outcome(h.context.Ready()), outcome(h.context.Lost())} {
			if err != nil {
				s.planner.Lost(h.Address, s.failure(h, err))
			}
		}
	}
}

// rootWait bounds the wait for the end of a context that others were behind:
// they are told a moment before it is.
const rootWait = 2 * time.Second

// awaitRoot waits until the contexts above one that was lost with them have
// ended too, so that the one to blame is not missing from the report.
func awaitRoot(h *hop, late <-chan time.Time) {
	for p := h.parent; p != nil && p.context != nil && outcome(p.context.Ready()) == nil; p = p.parent {
		select {
		case <-p.context.Lost().Done():
		case <-late:
			return
		}
		if err := outcome(p.context.Lost()); err == nil || classify(err).Kind != planner.FailureBehind {
			return
		}
	}
}

// outcome is the error of a result that is there, nil while it is not.
func outcome[T any](r *transport.Result[T]) error {
	select {
	case <-r.Done():
		_, err := r.Value()
		return err
	default:
		return nil
	}
}
