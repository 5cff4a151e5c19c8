package planner

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// begin reports that an action begins. It is called whenever something may have
// cleared the way of a task that was sent, and does nothing until everything
// before the task has succeeded and it is its turn.
func (a *Apply) begin(t *task) {
	if t.open == 0 && !t.begun && t.openTurn() == nil {
		t.begun = true
		a.tell(t, Progress{Stage: StageBegun})
		for _, m := range t.led { // They are one write.
			m.begun = true
			a.tell(m, Progress{Stage: StageBegun})
		}
	}
}

// actionDone ends an action as its host answered.
func (a *Apply) actionDone(t *task, r Result) {
	switch {
	case r.Failure != nil:
		a.failed(t, r.Failure)
	case r.Change != nil:
		a.succeeded(t, r.Change.Op != resource.NoOp, r.Change.Results, r.Change)
	default:
		a.succeeded(t, r.Reply.WouldRun, r.Reply.Results, nil)
	}
}

// succeeded ends an action that its host carried out. If a postcondition does
// not hold on the results, the action fails. change is how a resource left its
// thing; it is nil for a call.
func (a *Apply) succeeded(t *task, changed bool, results map[string]any, change *resource.Change) {
	kept := !a.p.applied(t.inst, results).HasErrors()
	end := Progress{Stage: StageSucceeded, Op: t.Op, End: EndApplied, Changed: changed}
	switch {
	case t.Op == Read:
		end.End = ""
	case t.inst.departs != nil:
		end.Forgotten = true
		if t.inst.endsPart() {
			end.State = a.p.record.ofWhole(t.inst, change)
		}
		if !changed {
			end.Op, end.Reason = Forget, a.leftThere(t, change)
		}
	case t.guarded(changed):
		end.Op = NoOp
	default:
		end.Recorded, end.State = a.p.recordedOf(t, change)
		a.leaveWhole(t, change, end.State)
		a.keepBackup(t, end.Recorded)
		a.keepForWhole(t, end.Recorded, change)
	}
	if !kept {
		a.postconditionFailed(t, end)
		return
	}
	a.end(t, taskSucceeded, end)
}

// leftThere says why an end took nothing away though it was planned to: what decides that may
// be known only when everything before it was done.
func (a *Apply) leftThere(t *task, change *resource.Change) string {
	if change == nil || len(change.Stays) == 0 {
		return "it is gone already"
	}
	return "it stays: " + a.p.secrets.hideText(t.inst, change.Stays[0].Error())
}

// postconditionFailed ends an action that was carried out and of which a postcondition does
// not hold. What a resource wrote is there, so it is recorded. A call that ran
// counts as failed: it still owes what it owed, and its recorded triggers stay
// those of its last successful run. A call that did not run changed nothing.
func (a *Apply) postconditionFailed(t *task, end Progress) {
	switch {
	case t.guarded(end.Changed):
		end = Progress{End: EndNotRun}
	case t.inst.isCall() && t.Op != Read:
		end = Progress{End: EndFailed}
	}
	end.Stage, end.Op, end.Reason = StageFailed, t.Op, "its postcondition failed"
	a.end(t, taskUnsuccessful, end)
}

// guarded reports whether a call did not run because its guard on the host said that
// there is nothing to do. The call then still owes the changes that it owed before.
func (t *task) guarded(changed bool) bool { return (t.Op == Run || t.Op == Always) && !changed }

// failed ends an action of which a Failure came back. A failure of its own is
// reported. An action that never ran, or whose context is gone, is not: what
// that follows from is reported where it happened.
func (a *Apply) failed(t *task, f *Failure) {
	switch {
	case f.Kind == FailureSkipped && f.Because != "":
		a.endSkipped(t, EndNotRun, f.Because+" failed, which is written with it, so the file stays as it is")
	case f.Kind == FailureSkipped:
		t.skippedThere, t.mayHaveRun = true, f.MayHaveRun
		a.skipHopeless(t)
		a.considerNext(t)
	case f.Gone():
		a.p.Lost(t.Context, f)
		a.lost(t, f)
	case f.Kind == FailureStopped && f.NotBegun && t.begun && f.Phase != "":
		a.end(t, taskUnsuccessful, Progress{Stage: StageInterrupted, Reason: "cancelled (" + f.Phase + "), so it did not run", End: EndNotRun})
	case f.Kind == FailureStopped && f.NotBegun:
		a.endSkipped(t, EndNotRun, stoppedReason)
	case f.Kind == FailureStopped:
		a.end(t, taskUnsuccessful, Progress{Stage: StageInterrupted, Reason: "cancelled", End: EndFailed})
	case f.Code == kind.CodeMoved:
		a.p.problems.report(t.inst, f)
		a.end(t, taskUnsuccessful, Progress{Stage: StageRefused, Reason: f.Summary, End: EndNotRun})
	default:
		a.p.problems.report(t.inst, f)
		a.fail(t, f.Summary, true)
	}
}

// whySkipped returns the reason of a task that cannot run: something that it waited
// for did not succeed. Of several it names the first in the order of before, so
// that the reason does not depend on which of them ended first.
func (t *task) whySkipped() string {
	for _, b := range t.before {
		if b.state == taskUnsuccessful {
			return b.Address + " did not succeed" + t.inst.heeded(b.inst)
		}
	}
	return "something before it did not succeed"
}

// heeded says why an instance comes after another one, if that claims or edits a file that
// decides what is made of its kind, as no reference in the configuration tells that; "" if not.
func (i *instance) heeded(by *instance) string {
	if i.machine == nil || by == nil || i.machine != by.machine {
		return ""
	}
	for _, at := range i.block().Def.Settings {
		if slices.ContainsFunc(i.machine.things[kind.PathThing(at)], func(c claim) bool { return c.inst == by }) {
			return fmt.Sprintf(", and %s decides what %s makes", at, i.block().Kind)
		}
	}
	return ""
}

// lost ends a task whose context is gone. If the task waited in the agent for
// another, it most likely never began, but only the host knows: it is shown as
// skipped and recorded as one that may have changed something.
func (a *Apply) lost(t *task, f *Failure) {
	reason := t.inst.on.whyNotUp()
	if f.NotBegun {
		a.end(t, taskUnsuccessful, Progress{Stage: StageFailed, Reason: reason, End: EndNotRun})
		return
	}
	if t.open > 0 {
		a.endSkipped(t, EndFailed, reason)
		return
	}
	a.fail(t, reason, true)
}

// fail ends a task that failed. If mayHaveRun is true, it is recorded that
// something may have changed.
func (a *Apply) fail(t *task, reason string, mayHaveRun bool) {
	end := Progress{Stage: StageFailed, Reason: reason}
	if mayHaveRun {
		end.End = EndFailed
	}
	a.end(t, taskUnsuccessful, end)
}

func (a *Apply) endSkipped(t *task, how End, reason string) {
	a.end(t, taskUnsuccessful, Progress{Stage: StageSkipped, Reason: reason, End: how})
}

// end ends a task that was sent, reports what became of it, and looks again at
// those that waited for it.
func (a *Apply) end(t *task, state taskState, how Progress) {
	t.state = state
	a.open--
	if i := t.inst; state == taskUnsuccessful && i.applied == nil {
		i.missed = true
		i.node.dropValue() // Outputs say nothing of what is not so.
	}
	a.tell(t, how)
	a.considerFollowers(t)
}

// skip ends a task that was not sent, and looks again at those that wait for it.
func (a *Apply) skip(t *task, reason string) {
	if t.state == taskWaiting {
		a.end(t, taskUnsuccessful, Progress{Stage: StageSkipped, Reason: reason})
	}
}

// skipHopeless ends a task that cannot run, once everything before it has ended: only then
// its reason does not depend on what was faster. Whose turn it is after it does not wait.
func (a *Apply) skipHopeless(t *task) {
	if slices.ContainsFunc(t.before, func(b *task) bool { return !b.ended() }) {
		return
	}
	switch {
	case t.mayHaveRun:
		a.endSkipped(t, EndFailed, t.whySkipped())
		return
	case t.state == taskSent:
		a.endSkipped(t, EndNotRun, t.whySkipped())
		return
	}
	a.skip(t, t.whySkipped())
}

// applied stores the results of an action, so that what refers to it can be
// evaluated. The diagnostics that it returns are postconditions that do not
// hold.
func (p *Planner) applied(i *instance, results map[string]any) hcl.Diagnostics {
	if i.applied = results; results == nil {
		i.applied = map[string]any{}
	}
	p.secrets.echo(i, &i.echoed, results)
	p.secrets.taint(i)
	i.node.outdateValue()
	p.betterEach(i.node)
	if !i.promises() {
		return nil
	}
	return p.checkPost(i)
}

// considerFollowers is called when a task has ended. Each follower counts one less
// before it, or is hopeless because of it. Those that are on their way may begin
// now, and the others become candidates of the next Next.
func (a *Apply) considerFollowers(t *task) {
	for _, f := range t.followers {
		switch {
		case t.state != taskSucceeded:
			f.hopeless = true
			a.considerNext(f)
		default:
			f.open--
			if !t.letsFollow(f) {
				f.blocking--
			}
		}
		a.consider(f)
	}
	a.considerNext(t)
}

// considerNext looks again at the task whose turn may have come.
func (a *Apply) considerNext(t *task) {
	if next := t.nextOpen(); next != nil {
		a.consider(next)
	}
}

// consider looks again at a task that something has cleared the way of. One that
// was sent may begin now. One that waits becomes a candidate of the next Next,
// if nothing before it is in the way any more.
func (a *Apply) consider(t *task) {
	switch {
	case t.skippedThere:
		a.skipHopeless(t)
	case t.state == taskSent:
		a.begin(t)
	case t.state == taskWaiting && !a.stopped && (t.blocking == 0 || t.hopeless):
		a.candidates = append(a.candidates, t)
	}
}
