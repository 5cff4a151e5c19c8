package planner

import "fmt"

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
	for _, b := range t.before {
		switch {
		case b.state == taskUnsuccessful:
			a.skip(t, b.Address+" did not succeed")
			return false
		case b.state == taskSucceeded:
		case !b.keepsOrderWith(t):
			return false
		}
	}
	return true
}

// keepsOrderWith reports whether a follower may be sent right behind a task that
// is on its way. An agent keeps the order within its context. It knows nothing
// of values that are known only then, and nothing of postconditions.
func (t *task) keepsOrderWith(follower *task) bool {
	return t.state == taskSent && t.Context == follower.Context && !follower.inst.waitsForValues() && !t.inst.promises()
}

// waitsForValues reports whether an instance can only be evaluated when
// everything that it refers to has been applied.
func (i *instance) waitsForValues() bool { return len(i.unknown) > 0 || i.conditionOpen }

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
	waited := t.followers
	if next := t.nextOpen(); next != nil {
		waited = append(waited[:len(waited):len(waited)], next)
	}
	for _, w := range waited {
		a.begin(w)
	}
	if !a.stopped {
		a.candidates = append(a.candidates, waited...)
	}
}
