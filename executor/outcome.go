package executor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// succeeded records what an action did, and sends what waited for it.
func (r *run) succeeded(ctx context.Context, t *task, changed bool, results map[string]any) {
	if t.progress != sent {
		return
	}
	diags := r.s.planner.Applied(t.Address, results)
	if diags.HasErrors() {
		r.unkept(ctx, t, changed)
		return
	}
	if t.Op != planner.Read {
		r.done(t, r.outcome(t, changed))
	}
	t.progress = succeeded
	r.left--
	op := t.Op
	if t.guarded(changed) {
		op = planner.NoOp
	}
	r.count(op)
	r.s.emit(Event{Type: ApplyDone, Address: t.Address, Context: t.Context, Op: op, Elapsed: time.Since(t.began)})
	r.goOn(ctx, t)
}

// unkept ends an action of which a postcondition failed. What a resource wrote is
// there, and recorded. A call that ran did not succeed: what it owes it still
// owes, and its triggers stay those of its last successful run. One that did not
// run changed nothing.
func (r *run) unkept(ctx context.Context, t *task, changed bool) {
	const reason = "its postcondition failed"
	switch {
	case t.Op == planner.Read:
	case t.guarded(changed):
		r.done(t, state.Outcome{Result: state.NotRun})
	case !t.isCall():
		r.done(t, r.outcome(t, changed))
	default:
		r.fail(ctx, t, reason, true)
		return
	}
	r.fail(ctx, t, reason, false)
}

// guarded reports a call that did not run, because its guard said on the host
// that there is nothing to do. What it owes it still owes.
func (t *task) guarded(changed bool) bool {
	return (t.Op == planner.Run || t.Op == planner.Always) && !changed
}

// outcome is what is recorded of an action that succeeded: of a call that did
// not run, what was known of it before.
func (r *run) outcome(t *task, changed bool) state.Outcome {
	o := state.Outcome{Result: state.Applied, Changed: changed}
	if t.guarded(changed) {
		o.Record = r.s.opts.State.Record(t.Address)
		return o
	}
	o.Record = r.record(t)
	if t.left != nil {
		o.Record.Thing, o.State = r.s.planner.Left(t.Address, t.left)
	}
	return o
}

func (r *run) count(op planner.Op) {
	switch op {
	case planner.Create:
		r.summary.Added++
	case planner.Update:
		r.summary.Changed++
	case planner.Replace:
		r.summary.Added++
		r.summary.Destroyed++
	case planner.Delete:
		r.summary.Destroyed++
	case planner.Run, planner.Always:
		r.summary.Ran++
	}
}

// record is what is remembered of an action that succeeded, or of a thing that
// is as it should be.
func (r *run) record(t *task) *state.Record {
	rec := &state.Record{
		Address: t.Address, Block: t.Block, Kind: t.Kind, Context: t.Context, Identity: t.task.Identity,
		Args: r.s.planner.ArgDigests(t.Address), Absent: t.task.Absent, Secret: t.task.Secret, Triggers: t.task.TriggersDigest, DependsOn: t.DependsOn, Applied: time.Now().UTC(),
		Origin: state.Adopted,
	}
	info := r.s.planner.ContextInfo(t.Context)
	rec.Machine = info.Machine
	if t.Op == planner.Create || t.Op == planner.Replace {
		rec.Origin = state.Created
	}
	if old := r.s.opts.State.Record(t.Address); old != nil && old.Origin != "" {
		rec.Origin = old.Origin
	}
	if _, unanswered := r.unanswered(t.Address); unanswered {
		rec.Origin = state.Created
	}
	if t.isCall() || t.task.Absent {
		rec.Origin = ""
	}
	return rec
}

// moveDebts writes down which debts change hands, before anything else happens.
func (r *run) moveDebts() {
	var moves []state.Move
	for _, m := range r.s.planner.Moves() {
		moves = append(moves, state.Move{From: m.From, Things: m.Things, To: m.To})
	}
	if err := r.opts.Journal.Move(moves); err != nil && r.broken == nil {
		r.broken = err
	}
}

// adopt records what the plan found to be as it should: things that an apply
// which was cut short had made, and things that were there before anyone.
func (r *run) adopt() {
	for _, a := range r.plan.Actions {
		switch {
		case a.Op != planner.NoOp:
		case a.Type != config.ResourceBlock:
			r.renewTriggers(a)
		case r.s.unrecorded(a):
			r.adoptThing(a)
		}
	}
}

func (r *run) adoptThing(a *planner.Action) {
	found, diags := r.s.planner.Task(a)
	if diags.HasErrors() {
		return
	}
	t := &task{Action: a, task: found}
	o := state.Outcome{Result: state.Applied, Record: r.record(t)}
	if thing, digests := r.s.planner.Found(a.Address); r.s.planner.Right(a.Address) {
		o.Record.Thing, o.State = thing, digests
	} else if old := r.s.opts.State.Record(a.Address); old != nil {
		o.Record.Thing, o.State = old.Thing, r.keptState(old)
	}
	r.done(t, o)
}

// keptState is what the record has of how a block left its thing.
func (r *run) keptState(old *state.Record) map[string]string {
	t := r.s.opts.State.Thing(old.Machine, old.Thing)
	if t == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range t.By[old.Address] {
		out[name] = t.State[name]
	}
	return out
}

// unrecorded reports whether something is as it should be and the record does
// not say so.
func (s *Session) unrecorded(a *planner.Action) bool {
	if s.opts.State == nil || a.Op != planner.NoOp || a.Type != config.ResourceBlock {
		return false
	}
	_, open := s.opts.State.Unanswered[a.Address]
	return open || !s.planner.Recorded(a.Address, prior{s.opts.State})
}

// Unrecorded reports whether applying a plan writes to the record although it
// does nothing on any host: things are as they should be, and the record does not have them so, or
// debts change hands.
func (s *Session) Unrecorded(plan *planner.Plan) bool {
	return s.MovesDebts() || slices.ContainsFunc(plan.Actions, s.unrecorded)
}

// renewTriggers gives a call that has nothing to do a digest of its triggers in
// the form of this version: one of an earlier version is easier to guess at.
func (r *run) renewTriggers(a *planner.Action) {
	old := r.s.opts.State.Record(a.Address)
	if old == nil || !planner.LegacyDigest(old.Triggers) || !r.s.planner.TriggersKept(a.Address) {
		return
	}
	found, diags := r.s.planner.Task(a)
	if diags.HasErrors() || found.TriggersDigest == "" {
		return
	}
	renewed := *old
	renewed.Digest, renewed.Args, renewed.Triggers = "", r.s.planner.ArgDigests(a.Address), found.TriggersDigest
	r.done(&task{Action: a, task: found}, state.Outcome{Result: state.Applied, Record: &renewed})
}

// unanswered is the intent of an earlier apply that was cut short: its thing
// was absent before it, so what is there now was made by it.
func (r *run) unanswered(address string) (state.Intent, bool) {
	if r.s.opts.State == nil {
		return state.Intent{}, false
	}
	i, ok := r.s.opts.State.Unanswered[address]
	return i, ok && i.AbsentBefore
}

// failed says why an action did not succeed. Neither one that never ran nor
// one whose context is gone is a problem of its own.
func (r *run) failed(ctx context.Context, t *task, err error) {
	if t.progress != sent {
		return
	}
	f := r.s.failure(t.hop, err)
	var skipped *transport.SkippedError
	switch {
	case errors.As(err, &skipped):
		r.skipped(t, state.NotRun, r.whySkipped(t))
		r.followOn(ctx, t)
		return
	case f.Gone() || errors.Is(err, errNotStarted):
		r.s.planner.Lost(t.Context, f)
		r.lost(ctx, t, err)
		return
	case f.Kind == planner.FailureStopped && (f.Code == "not sent" || f.Code == "waiting"):
		r.skipped(t, state.NotRun, "the apply was stopped")
		r.followOn(ctx, t)
		return
	case f.Kind == planner.FailureStopped:
		r.fail(ctx, t, "cancelled", true)
		return
	}
	r.s.planner.Report(t.Address, f)
	if f.Code == "moved" {
		r.summary.Refused++
		r.done(t, state.Outcome{Result: state.NotRun})
		r.errored(ctx, t, f.Summary)
		return
	}
	r.fail(ctx, t, f.Summary, true)
}

// whySkipped names what the agent skipped a task for.
func (r *run) whySkipped(t *task) string {
	for _, b := range t.before {
		if b.progress == unsuccessful {
			return b.Address + " did not succeed"
		}
	}
	return "something before it did not succeed"
}

// lost ends a task whose context is gone. One that waited in the agent for
// another most likely never began, but only the host knows.
func (r *run) lost(ctx context.Context, t *task, err error) {
	reason := label(t.Context) + " is unreachable"
	if neverUp(err) {
		r.done(t, state.Outcome{Result: state.NotRun})
		r.summary.Failed++
		r.errored(ctx, t, reason)
		return
	}
	for _, b := range t.before {
		if b.progress != succeeded {
			r.skipped(t, state.Failed, reason)
			r.followOn(ctx, t)
			return
		}
	}
	r.fail(ctx, t, reason, true)
}

// neverUp reports an error of a context in which nothing can have begun.
func neverUp(err error) bool {
	var connect *transport.ConnectError
	return errors.Is(err, errNotStarted) || errors.As(err, &connect)
}

// fail ends a task that failed. begun says that it may have changed something.
func (r *run) fail(ctx context.Context, t *task, reason string, begun bool) {
	if begun && t.progress == sent && t.Op != planner.Read {
		r.done(t, state.Outcome{Result: state.Failed})
	}
	r.summary.Failed++
	r.errored(ctx, t, reason)
}

func (r *run) errored(ctx context.Context, t *task, reason string) {
	t.progress = unsuccessful
	r.left--
	var elapsed time.Duration
	if !t.began.IsZero() {
		elapsed = time.Since(t.began)
	}
	r.s.emit(Event{Type: ApplyErrored, Address: t.Address, Context: t.Context, Op: t.Op, Reason: reason, Elapsed: elapsed})
	r.followOn(ctx, t)
}

// followOn skips what waited for a task that did not succeed.
func (r *run) followOn(ctx context.Context, t *task) { r.goOn(ctx, t) }

// skip gives up a task that was not sent.
func (r *run) skip(t *task, reason string) {
	if t.progress != waiting {
		return
	}
	r.skipped(t, "", reason)
	if next := t.nextOpen(); next != nil {
		r.freed = append(r.freed, next)
	}
	for _, f := range t.followers {
		r.skip(f, t.Address+" was skipped")
	}
}

func (r *run) skipped(t *task, result state.Result, reason string) {
	if result != "" && t.Op != planner.Read {
		r.done(t, state.Outcome{Result: result})
	}
	t.progress = unsuccessful
	r.left--
	r.summary.Skipped++
	r.s.emit(Event{Type: ApplySkipped, Address: t.Address, Context: t.Context, Op: t.Op, Reason: reason})
}

func (r *run) done(t *task, o state.Outcome) {
	if err := r.opts.Journal.Done(t.Address, o); err != nil && r.broken == nil {
		r.broken = err
	}
}
