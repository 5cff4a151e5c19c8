package planner

import "github.com/mitoplan/mitoplan/config"

// Some things, such as accounts, get the next free number of their machine if no number
// is set. Which number that is must not depend on which action is faster. So actions of
// such a kind run one at a time on a machine, in the order of the plan: each begins
// when the one before it has ended, whether that succeeded or failed. Things that set a
// number come first, so that no other thing takes it.

// number is the argument by which a thing of this kind asks for its number; ""
// for a kind that does not take turns.
func (t *task) number() string {
	if t.Type != config.ResourceBlock {
		return ""
	}
	for _, attr := range t.inst.block().Def.Args.Attrs {
		if attr.Numbers {
			return attr.Name
		}
	}
	return ""
}

func (t *task) asksForNumber() bool {
	name := t.number()
	_, asked := t.After[name]
	return name != "" && asked
}

// takeTurns puts each action that takes turns behind the one before it. The
// order of the apply has those that an action waits for before it, so that no
// circle comes of this.
func (a *Apply) takeTurns() {
	last := map[*machine]*task{}
	for _, t := range a.order {
		if t.number() == "" {
			continue
		}
		m := t.inst.on.machine
		if b := last[m]; b != nil {
			t.turn, b.next = b, t
		}
		last[m] = t
	}
}

// openTurn is the nearest action before this one that has not ended and can run; nil if
// it is this one's turn. One that is skipped never had its turn.
func (t *task) openTurn() *task {
	for t.turn != nil && t.turn.passesOn() {
		t.turn = t.turn.turn
	}
	return t.turn
}

// itsTurn reports whether an action may be sent as far as turns go: the one
// before it has ended, or is on its way in the same context, so that the agent
// keeps the order.
func (t *task) itsTurn() bool {
	b := t.openTurn()
	return b == nil || b.state == taskSent && b.Context == t.Context
}

// nextOpen is the nearest action after this one that has not ended and can run.
func (t *task) nextOpen() *task {
	for t.next != nil && t.next.passesOn() {
		t.next = t.next.next
	}
	return t.next
}
