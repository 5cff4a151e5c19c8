package view

import (
	"time"

	"github.com/mitoplan/mitoplan/planner"
)

// Unseen makes of a saved plan what can be said of it where applying it looks at
// no host: what was found when it was made is no longer known to be so.
func (p *Plan) Unseen() {
	p.Complete, p.unseen = false, p.Time
	for i := range p.Contexts {
		if c := &p.Contexts[i]; c.Status == string(planner.ContextUp) {
			c.Status, c.Reason, c.Facts = string(planner.ContextPending), "", nil
		}
	}
}

// lastSeen is when hosts were looked at, where that is no longer so.
func (h *Human) lastSeen(p *Plan) string {
	if p.unseen.IsZero() {
		return ""
	}
	return h.Paint.yellow(" No host was looked at since the plan was made, " + p.unseen.Format(time.RFC3339) + ".")
}
