package executor

import (
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// until says when the start of a context is given up, as it is while somebody
// asks: a hop's time does not run from its first event on, and it stands while
// an agent is built here. limit is what to say of a start that an agent does.
func (h *hop) until(limit string) func() string {
	return func() string {
		c := h.started.Load()
		if c == nil {
			return "waits until fewer hosts are being dialled"
		}
		p, ok := c.Progress()
		if !ok {
			return limit
		}
		return untilOf(p)
	}
}

func untilOf(p transport.Progress) string {
	switch {
	case !p.Paused:
		return "given up in " + short(p.Left.Round(time.Second))
	case p.Phase == transport.PhaseVia || p.Phase == transport.PhaseWaiting:
		return "waits for the context that it goes through"
	case p.Phase == transport.PhaseImage:
		return "the agent for its platform is being made, which does not count against it"
	case p.Phase == transport.PhasePush:
		return "the agent is being sent, which does not count against it"
	}
	return "waits, which does not count against it"
}
