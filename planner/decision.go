package planner

import "github.com/mitoplan/mitoplan/internal/resource"

// decision is what can be said of an instance only when nothing runs any more,
// such as whether a triggered call runs. An instance has none before that, nor
// if there is nothing to say. An instance that is looked at again loses it.
type decision struct {
	// op, reason and triggeredBy are of a call.
	op          Op
	reason      string
	triggeredBy []string

	// cancelsOut is true for a resource if the chain of actions that it belongs
	// to leaves everything as it is.
	cancelsOut bool
	// opaqueBefore is true if it comes after an action that may touch anything
	// on its machine.
	opaqueBefore bool

	comparison
}

// comparison is how far a drift could compare a resource with its host. It is made
// anew as a whole each time that nothing runs any more; see compareVolatile.
type comparison struct {
	openness openness
	// uncompared are the attributes that are not compared.
	uncompared []string
}

// openness says how much of a resource only an apply can tell.
type openness uint8

const (
	allKnown     openness = iota // nothing
	partOpen                     // something, and more than that differs
	onlyOpenPart                 // something, and nothing but that differs
)

// decide is the decision about an instance, to be completed.
func (i *instance) decide() *decision {
	if i.decided == nil {
		i.decided = &decision{}
	}
	return i.decided
}

func (i *instance) setCancelsOut(cancels bool) {
	if cancels != i.cancelsOut() {
		i.decide().cancelsOut = cancels
		i.node.outdateValue()
	}
}

func (i *instance) cancelsOut() bool   { return i.decided != nil && i.decided.cancelsOut }
func (i *instance) opaqueBefore() bool { return i.decided != nil && i.decided.opaqueBefore }
func (i *instance) volatileOnly() bool { return i.openness() == onlyOpenPart }
func (i *instance) isOpen() bool       { return i.openness() != allKnown }

func (i *instance) openness() openness {
	if i.decided == nil {
		return allKnown
	}
	return i.decided.comparison.openness
}

// changes reports whether applying the instance would do something, as far as
// is known now.
func (i *instance) changes() bool {
	if i.verdict != done {
		return false
	}
	if i.isContext() {
		return false
	}
	if i.isCall() {
		if i.decided == nil {
			return i.reply == nil || i.reply.WouldRun && !i.answered()
		}
		return i.decided.op != NoOp
	}
	return i.resourceOp() != NoOp
}

// resourceOp is what a resource does when the plan is applied, as far as is
// known now.
func (i *instance) resourceOp() Op {
	if i.departs != nil && i.change != nil && i.change.Op == resource.NoOp {
		return Forget // it is gone already, or stays
	}
	if i.change == nil || i.cancelsOut() || i.volatileOnly() {
		return NoOp
	}
	if i.change.Op == resource.NoOp && len(i.unknown) > 0 {
		return Update
	}
	return Op(i.change.Op)
}

// idle reports whether it is decided that a call does not run and nothing that
// triggers it is still being looked at. Its results are null then.
func (i *instance) idle() bool {
	if !i.isCall() || i.said == retracted || i.answered() || !i.decidedIdle() {
		return false
	}
	for _, q := range i.triggers {
		if !q.settled() {
			return false
		}
	}
	return true
}

// decidedIdle reports whether it was decided that a call does not run. What was
// said holds while the call is looked at again. Of one that every apply runs the
// results stay unknown: a drift does not run it, and says nothing about them.
func (i *instance) decidedIdle() bool {
	if i.decided == nil {
		return i.said == saidNull
	}
	return i.decided.op == NoOp && !i.runsAlways()
}

// runsAlways reports whether every apply runs a call: nothing triggers or guards it.
func (i *instance) runsAlways() bool {
	return !i.reads() && !i.guarded() && len(i.block().TriggeredBy) == 0 && i.block().Triggers == nil
}

// answered reports whether a call ran while planning, since it only reads.
func (i *instance) answered() bool { return i.reply != nil && i.reply.Results != nil }

// promises reports whether an instance has postconditions, so that nothing may
// follow it before they have been checked.
func (i *instance) promises() bool { return len(i.block().Lifecycle.Postconditions) > 0 }

// endsHere reports whether more than the answer of the host decides if an instance
// succeeded: its postconditions, or whether a file is saved on the controller. Nothing
// that follows it is sent before that.
func (i *instance) endsHere() bool { return i.promises() || i.save != nil }
