package planner

import (
	"fmt"
)

// ready reports whether a task may be sent, and evaluates what is sent. A task
// that can never be sent is ended here: it is skipped if something before it did
// not succeed, and it fails if its arguments cannot be evaluated.
func (a *Apply) ready(t *task) bool {
	if !a.nothingBefore(t) || !t.itsTurn() || !a.editsCanFollow(t) {
		return false
	}
	made, diags := a.p.prepare(t.inst)
	if diags.HasErrors() {
		for _, d := range diags {
			a.p.problems.reportDiag(t.inst, d)
		}
		a.fail(t, "its arguments could not be evaluated", false)
		return false
	}
	if len(made.missing) > 0 {
		a.p.problems.report(t.inst, &Failure{
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
// its way in the same context, where the agent keeps the order. If something
// before it did not succeed, the task is skipped.
func (a *Apply) nothingBefore(t *task) bool {
	if t.hopeless {
		a.skipHopeless(t)
		return false
	}
	return t.blocking == 0
}

// leaveOut is called once at the beginning. It skips the actions on machines
// where something failed while planning.
func (a *Apply) leaveOut() {
	for _, t := range a.order {
		if t.LeftOut != "" {
			a.skip(t, t.LeftOut+" failed there while planning")
		}
	}
}

// considerBehind is called when a task was sent. Followers in the same context need
// not wait for its answer: they become candidates of the same Next, and so does
// the task that has the next turn on the machine.
func (a *Apply) considerBehind(t *task) {
	for _, f := range t.followers {
		if t.letsFollow(f) {
			f.blocking--
			a.consider(f)
		}
	}
	a.considerNext(t)
}
