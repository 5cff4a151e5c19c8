package executor

import (
	"time"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// watch waits in the loop for the loss of a context. It then tells the planner
// and the view.
func (s *Session) watch(h *handle) {
	lost := h.context.Lost()
	s.on(lost, func(any, error) {
		if _, err := lost.Value(); err != nil {
			h.up, h.err = false, err
			said := Words(err)
			s.emit(Event{Type: ContextStatus, Address: h.Address, Status: planner.ContextUnreachable, Reason: said.String(), Own: said.Own(), Quotes: true})
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
	for _, h := range s.handles {
		if h.context == nil {
			continue
		}
		for _, err := range []error{errorOf(h.context.Ready()), errorOf(h.context.Lost())} {
			if err != nil {
				h.up, h.err = false, err
				s.planner.Lost(h.Address, s.failure(h, err))
			}
		}
	}
}

// rootWait bounds how long awaitRoot waits. transport reports the contexts behind
// a lost one a moment before that one itself.
const rootWait = 2 * time.Second

// awaitRoot is called for a context that was lost because one above it was. It
// waits until that one is reported too, so that the report names the cause.
func awaitRoot(h *handle, late <-chan time.Time) {
	for p := h.parent; p != nil && p.context != nil && errorOf(p.context.Ready()) == nil; p = p.parent {
		select {
		case <-p.context.Lost().Done():
		case <-late:
			return
		}
		if err := errorOf(p.context.Lost()); err == nil || classify(err, limit{}).Kind != planner.FailureBehind {
			return
		}
	}
}

// errorOf is the error of a result that is there, nil while it is not.
func errorOf[T any](r *transport.Result[T]) error {
	select {
	case <-r.Done():
		_, err := r.Value()
		return err
	default:
		return nil
	}
}
