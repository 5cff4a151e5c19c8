package planner

import (
	"cmp"
	"fmt"
)

// ready reports whether a task may be sent, and prepares what is sent. One that
// can never be sent is ended: skipped where something before it did not succeed,
// failed where its arguments cannot be evaluated.
func (a *Apply) ready(t *task) bool {
	if !a.nothingBefore(t) || !t.itsTurn() || !a.editsCanFollow(t) {
		return false
	}
	made, diags := a.p.prepare(t.inst)
	if diags.HasErrors() {
		for _, d := range diags {
			a.p.reportDiag(t.inst, d)
		}
		a.fail(t, "its arguments could not be evaluated", false)
		return false
	}
	if len(made.missing) > 0 {
		a.p.report(t.inst, &Failure{
			Attr: made.missing[0], Summary: "Value still unknown",
			Detail: fmt.Sprintf("%s has no value although everything before %s was applied.", made.missing[0], t.Address),
		})
		a.fail(t, "an argument has no value", false)
		return false
	}
	if a.putBehind(t, made.after) {
		return false
	}
	t.made = made
	return true
}

// nothingBefore reports whether everything before a task has succeeded, or is on
// its way in the same context, so that the agent keeps the order. It skips a
// task that something before did not succeed for.
func (a *Apply) nothingBefore(t *task) bool {
	if t.cause != nil {
		a.skip(t, t.cause.Address+" did not succeed")
		return false
	}
	return t.blocking == 0
}

// leadsIn reports whether a follower may be sent right behind a task. An agent
// keeps the order within its context. It knows nothing of values that are known
// only then, and nothing of postconditions.
func (t *task) leadsIn(follower *task) bool {
	return t.Context == follower.Context && !follower.inst.waitsForValues() && !t.inst.promises()
}

// waitsForValues reports whether an instance can only be evaluated when
// everything that it refers to has been applied.
func (i *instance) waitsForValues() bool { return len(i.unknown) > 0 || i.metaOpen }

// promises reports whether an instance has postconditions, so that nothing may
// follow it before they have been checked.
func (i *instance) promises() bool { return len(i.block().Lifecycle.Postconditions) > 0 }

// leaveOut gives up what is on machines where something failed while planning.
func (a *Apply) leaveOut() {
	for _, t := range a.order {
		if t.LeftOut != "" {
			a.skip(t, t.LeftOut+" failed there while planning")
		}
	}
}

// look has the tasks that waited for one that has ended looked at, and tells
// which of those that are on their way begin now.
func (a *Apply) look(t *task) {
	for _, f := range t.followers {
		switch {
		case t.state != taskSucceeded:
			f.cause = cmp.Or(f.cause, t)
		default:
			f.open--
			if !t.leadsIn(f) {
				f.blocking--
			}
		}
		a.lookAt(f)
	}
	if next := t.nextOpen(); next != nil {
		a.lookAt(next)
	}
}

// lookBehind looks at what may leave right behind a task that was sent.
func (a *Apply) lookBehind(t *task) {
	for _, f := range t.followers {
		if t.leadsIn(f) {
			f.blocking--
			a.lookAt(f)
		}
	}
	if t.next != nil {
		a.lookAt(t.next)
	}
}

// lookAt tells that a task begins, or has it looked at with the next Next, where
// nothing before it is in the way of that.
func (a *Apply) lookAt(t *task) {
	switch {
	case t.state == taskSent:
		a.begin(t)
	case t.state == taskWaiting && !a.stopped && (t.blocking == 0 || t.cause != nil):
		a.candidates = append(a.candidates, t)
	}
}
