package executor

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// beginAgain is called when a plan or an apply begins. It forgets everything that
// an earlier one of the session left unfinished, so that nothing of that is taken
// for an answer now. Contexts that are up stay. Those that failed, were lost, or had
// not come up when they were interrupted are started anew if they are needed. What
// was lost since, and nobody has noticed yet, is still reported.
func (s *Session) beginAgain() {
	for address, h := range s.handles {
		if !h.usable() {
			delete(s.handles, address)
			delete(s.behind, h)
			continue
		}
		h.up, h.held, h.greeted = true, nil, nil
		h.lock, h.calls, h.saves, h.flights = nil, map[string]transport.Pending{}, map[string]*inflow{}, map[string]*flight{}
	}
}

// usable reports whether a context is up, and every context that it is reached
// through.
func (h *handle) usable() bool {
	return h.context != nil && h.err == nil && arrived(h.context.Ready()) &&
		(h.parent == nil || h.parent.usable())
}

// arrived reports whether a result is there, and is no error.
func arrived[T any](r *transport.Result[T]) bool {
	select {
	case <-r.Done():
		_, err := r.Value()
		return err == nil
	default:
		return false
	}
}

// appliable returns an error for a plan that this session cannot apply, and
// otherwise takes the plan: it is applied once. What an apply has changed is no
// longer as it was planned, and a call that ran would run again.
func (s *Session) appliable(plan *planner.Plan) hcl.Diagnostics {
	why := ""
	switch {
	case plan == nil || s.planner == nil:
		why = "This session has made no plan."
	case plan == s.applied:
		why = "This session has applied it already, and what that apply changed is no longer as it was planned."
	case plan != s.current:
		why = "It is not the last plan that this session made."
	default:
		s.current, s.applied = nil, plan
		return nil
	}
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Plan cannot be applied", Detail: why + " Nothing was changed. Plan again, and apply the new plan."}}
}
