package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// ApplyOptions are what an apply needs in addition to the plan.
type ApplyOptions struct {
	// Journal gets every action before it is sent, and how it ended.
	Journal state.Journal
	// Holder says who holds the lock of a machine, for others who wait for it.
	Holder string
	// LockWait is how long to wait for the lock of a machine.
	LockWait time.Duration
}

// applying is the work of Session.Apply: it carries out one plan. It embeds the
// planner.Apply that decides what may be sent and what becomes of it. What
// applying adds is the outside: it writes intents into the journal before a
// batch leaves, writes and shows what became of actions, and counts them for the
// summary. It is made by Session.Apply, lives as long as that call, and never
// retries anything.
type applying struct {
	*planner.Apply
	s        *Session
	journal  state.Journal
	lockWait time.Duration
	// ongoing are the actions that were handed out and have not ended.
	ongoing map[string]*ongoing
	// heirs are the records that addresses have taken over from others.
	heirs   map[string]*state.Instance
	summary Summary
	broken  error // why the journal could not be written; nothing new starts then
}

// ongoing is an action that the planner has returned from Next and that has not
// ended. It begins when it has been sent and everything before it in its context
// has ended; only then are views told.
type ongoing struct {
	step      *planner.Step
	sent      bool
	unblocked bool      // everything before it in its context has ended
	began     time.Time // zero until it begins
}

// Apply carries out a plan that this session has made, and decides nothing anew.
// If an action fails, what depends on it is skipped and everything else goes on.
// Its diagnostics are those of the apply only. A plan is applied once, and only if
// it is the last that the session made: otherwise the diagnostics say so, and
// nothing is done.
func (s *Session) Apply(ctx context.Context, plan *planner.Plan, o ApplyOptions) (Summary, hcl.Diagnostics) {
	if diags := s.appliable(plan); diags.HasErrors() {
		return Summary{}, diags
	}
	began := time.Now()
	s.opts.Config.WatchSources(s.opts.reading(ctx, s.planner.Conceal))
	s.beginAgain()
	s.brought.forget()
	defer s.loop.begin()()
	s.lockRequest = resource.LockRequest{Session: s.id, Holder: o.Holder, Wait: o.LockWait}
	r := &applying{s: s, journal: o.Journal, lockWait: o.LockWait, ongoing: map[string]*ongoing{}, heirs: map[string]*state.Instance{}}
	r.Apply = s.planner.Apply(plan, planner.ApplyOptions{Now: began.UTC(), Up: s.watchAll()})
	r.moveDebts()
	stopped := s.drive(ctx, r)
	diags := r.finish(stopped)
	r.summary.Elapsed = time.Since(began)
	return r.summary, append(diags, s.planner.Diagnostics()...)
}

// watchAll is called when an apply begins. It listens for the end of every
// context that is up, and returns their addresses.
func (s *Session) watchAll() (up []string) {
	for _, h := range s.handles {
		s.watch(h)
		up = append(up, h.Address)
	}
	return up
}

// Next returns the next batch of steps. Their intents are on disk when it
// returns.
func (r *applying) Next() []*planner.Step {
	r.takeProgress()
	if r.broken != nil {
		r.Apply.Stop(0)
	}
	steps := r.Apply.Next()
	for _, step := range steps {
		if step.Action != nil {
			r.ongoing[step.Address] = &ongoing{step: step}
		}
	}
	r.takeProgress()
	if err := r.begin(steps); err != nil {
		r.broken = err
		r.takeBack(steps)
		return nil
	}
	return steps
}

// takeBack is called when the intents of a batch could not be written. It stops
// the apply, and answers each step of the batch as not begun.
func (r *applying) takeBack(steps []*planner.Step) {
	r.Apply.Stop(0)
	for _, step := range steps {
		if step.Action != nil {
			r.Done(step, planner.Result{Failure: &planner.Failure{Kind: planner.FailureStopped, NotBegun: true}})
		}
	}
	r.takeProgress()
}

// stopGrace is how long answers are waited for after the user asked to stop.
const stopGrace = 10 * time.Second

// Stop ensures that nothing new starts, and gives running actions stopGrace to
// end. An action that does not end in time stays unanswered in the journal.
func (r *applying) Stop() { r.Apply.Stop(stopGrace) }

func (r *applying) limit(step *planner.Step) limit {
	if step.Type == planner.StepLock {
		return lockLimit(r.lockWait)
	}
	return r.s.limits.action(step)
}

func (r *applying) sent(step *planner.Step) {
	if o := r.ongoing[step.Address]; o != nil {
		o.sent = true
		r.showBegin(o)
	}
}

// showBegin tells the view that an action begins, if it has been sent and
// everything before it has ended. It does so once.
func (r *applying) showBegin(o *ongoing) {
	if !o.sent || !o.unblocked || !o.began.IsZero() {
		return
	}
	o.began = time.Now()
	step, limit := o.step, r.limit(o.step).String()
	r.s.emit(Event{Type: ApplyStart, Address: step.Address, Context: step.Context, Op: step.Action.Op, Limit: limit, Until: r.s.untilOf(step, limit), Moved: r.s.moved(step)})
}

// takeProgress asks the planner what became of actions since the last call. It
// writes that into the journal, and tells the view.
func (r *applying) takeProgress() {
	for _, e := range r.Progress() {
		r.writeEnd(e)
		o := r.ongoing[e.Action.Address]
		if e.Stage == planner.StageBegun {
			o.unblocked = true
			r.showBegin(o)
			continue
		}
		delete(r.ongoing, e.Action.Address)
		r.summary.count(e)
		r.emit(e, o)
	}
}

// stages are the events of actions that have ended.
var stages = map[planner.Stage]EventType{
	planner.StageSucceeded: ApplyDone, planner.StageFailed: ApplyErrored,
	planner.StageRefused: ApplyErrored, planner.StageSkipped: ApplySkipped, planner.StageInterrupted: ApplyInterrupted,
}

// emit tells a view how an action ended. Why one that succeeded took nothing away, its host says.
func (r *applying) emit(e planner.Progress, o *ongoing) {
	t := stages[e.Stage]
	if t == "" {
		return
	}
	var elapsed time.Duration
	if o != nil && !o.began.IsZero() && t != ApplySkipped {
		elapsed = time.Since(o.began)
	}
	r.s.emit(Event{Type: t, Address: e.Action.Address, Context: e.Action.Context, Op: e.Op, Reason: e.Reason, Quotes: t == ApplyDone, Elapsed: elapsed})
}

// count counts an action that has ended.
func (s *Summary) count(e planner.Progress) {
	switch e.Stage {
	case planner.StageFailed:
		s.Failed++
	case planner.StageInterrupted:
		s.Interrupted++
	case planner.StageRefused:
		s.Refused++
	case planner.StageSkipped:
		s.Skipped++
	case planner.StageSucceeded:
		s.countOp(e.Op)
	}
}

func (s *Summary) countOp(op planner.Op) {
	switch op {
	case planner.Create:
		s.Added++
	case planner.Update:
		s.Changed++
	case planner.Replace:
		s.Added++
		s.Destroyed++
	case planner.Delete:
		s.Destroyed++
	case planner.Run, planner.Always:
		s.Ran++
	case planner.Forget:
		s.Forgotten++
	}
}

// finish is called when the loop has ended. It flushes the journal, and returns
// an error if the apply ended before everything was done.
func (r *applying) finish(stopped error) hcl.Diagnostics {
	r.s.collectFailures()
	if err := r.journal.Flush(); r.broken == nil {
		r.broken = err
	}
	switch {
	case r.broken != nil:
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Journal not written", Detail: fmt.Sprintf("What was done could not be recorded, so nothing new was started: %s. Free the disk or fix its permissions, then plan again: every host is read anew.", r.broken)}}
	case stopped != nil:
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Interrupted", Detail: "The apply was stopped before it was finished. What had been done is recorded; the next plan shows what is left."}}
	}
	return nil
}
