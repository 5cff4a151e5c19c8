package executor

import (
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// Some things get a number where none is asked for: the next that is free on
// their machine, as accounts do. Which one must not depend on who is faster. So
// actions of such a kind take turns on their machine, in the order of the plan:
// each begins when the one before it has ended, well or badly. A thing that
// asks for a number comes before those that do not, so that none of them takes
// it.

// takesTurns reports whether an action is of such a kind, and whether its
// number is asked for.
func (t *task) takesTurns() (takes, asked bool) {
	def, ok := resource.Lookup(t.Kind)
	number := slices.IndexFunc(def.Args.Attrs, func(a kind.Attr) bool { return a.Numbers })
	if !ok || t.Type != config.ResourceBlock || number < 0 {
		return false, false
	}
	_, asked = t.After[def.Args.Attrs[number].Name]
	return true, asked
}

// turns puts each action that takes turns behind the one before it. The order
// of the run has those that an action waits for before it, so that no circle
// comes of this.
func (r *run) turns() {
	last := map[string]*task{}
	for _, t := range r.order {
		if takes, _ := t.takesTurns(); !takes {
			continue
		}
		machine := r.s.planner.ContextInfo(t.Context).Machine
		if b := last[machine]; b != nil {
			t.turn, b.next = b, t
		}
		last[machine] = t
	}
}

// open is the nearest action before this one that has not ended; nil where it
// is this one's turn. One that was skipped never had its turn.
func (t *task) open() *task {
	b := t.turn
	for b != nil && b.progress >= succeeded {
		b = b.turn
	}
	return b
}

// itsTurn reports whether an action may be sent as far as turns go: the one
// before it has ended, or is on its way in the same context, so that the agent
// keeps the order.
func (t *task) itsTurn() bool {
	b := t.open()
	return b == nil || b.progress == sent && b.Context == t.Context
}

// turnOption tells the agent what has to end first.
func (t *task) turnOption() []transport.CallOption {
	if b := t.open(); b != nil {
		if call := t.hop.calls[b.Address]; call != nil {
			return []transport.CallOption{transport.Settled(call)}
		}
	}
	return nil
}

// goOn tells which of those that waited for an action that has ended begin now,
// and sends the others.
func (r *run) goOn(ctx context.Context, t *task) {
	waited := slices.Clone(t.followers)
	if next := t.nextOpen(); next != nil {
		waited = append(waited, next)
	}
	for _, next := range waited {
		r.begun(next)
	}
	r.batch(ctx, waited)
}

// nextOpen is the nearest action after this one that has not ended.
func (t *task) nextOpen() *task {
	next := t.next
	for next != nil && next.progress >= succeeded {
		next = next.next
	}
	return next
}
