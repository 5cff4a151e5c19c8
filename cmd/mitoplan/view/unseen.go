package view

import (
	"time"

	"github.com/mitoplan/mitoplan/planner"
)

// Unseen is called for a saved plan that is applied without looking at any host. It
// removes what is no longer known: that the plan is complete, and the status and facts
// of contexts.
func (p *Plan) Unseen() {
	p.Complete, p.unseen = false, p.Time
	for i := range p.Contexts {
		if c := &p.Contexts[i]; c.Status == string(planner.ContextUp) {
			c.Status, c.Reason, c.Facts = string(planner.ContextPending), "", nil
		}
	}
}

// lastSeen says when hosts were last looked at, "" if that was just now.
func (h *Human) lastSeen(p *Plan) string {
	if p.unseen.IsZero() {
		return ""
	}
	return h.Paint.yellow(" No host was looked at since the plan was made, " + p.unseen.Format(time.RFC3339) + ".")
}
