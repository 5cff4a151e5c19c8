package planner

import (
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// The files of an apply: apply_step.go says what is sent; apply_ready.go what may
// be sent, with apply_behind.go, apply_together.go and apply_batch.go; apply_end.go how actions
// end; apply_record.go what is remembered of them; apply_graph.go what comes before
// what, with apply_turns.go; apply_task.go what a task knows of others;
// apply_prepare.go makes the arguments of a step.
//
// Several things have their place here before they are built. A limit on how
// many hosts are changed at once, and rolling batches, hold back tasks in ready.
// A retry puts a task that failed back to waiting, in failed, and asks for a
// StepWait first. on_failure is what failed does with the rest of the graph.

// Apply carries out one Plan. Planner.Apply makes it, and it is of no use any more
// once Finished is true. It is as passive as the Planner and is driven by the same
// three verbs: Next returns the steps that may be sent now, Done takes the answer
// of one, and Finished reports whether all of it has ended. Whoever drives it
// writes down the Intents of the steps of one Next, sends these steps together, and
// learns from Progress what became of actions. Only Apply has the graph of the
// apply: what comes before what, what is skipped because of what, and whose turn it
// is. It belongs to the goroutine of its Planner, does no I/O, never reads the
// clock, and evaluates no value again that was known while planning.
type Apply struct {
	p     *Planner
	tasks map[string]*task
	order []*task // those before come first
	open  int     // tasks that have not ended

	// candidates are tasks that may have become ready since the last Next, in
	// the order in which they are looked at.
	candidates []*task
	steps      []*Step // what the next Next gives
	progress   []Progress

	contexts map[*instance]contextState
	waiting  map[*instance][]*task // tasks whose edits are in a context that is not up
	locked   map[*instance]bool    // contexts of whose machine the lock was asked for

	// backups are those that this apply made, by what they are of.
	backups map[thingKey]kind.Text
	// untouched are the actions of blocks that have nothing to do.
	untouched map[*instance]*Action
	// wholes are what was left of the whole of a thing by its edits, if nobody looks at whoever
	// manages that; see leaveWhole.
	wholes map[thingKey]map[string]string

	stopped bool
	over    bool // what has not come back after a stop is not waited for
}

// contextState is how far a context is, as far as the apply has to know it.
type contextState int

const (
	contextUnknown contextState = iota
	contextAsked                // a StepContext is under way
	contextReady
	contextLost
)

// ApplyOptions are what an apply has to know in addition to its plan.
type ApplyOptions struct {
	// Now is when it begins: what timestamp() gives throughout it.
	Now time.Time
	// Up are the addresses of the contexts that are up already.
	Up []string
}

// Apply returns the apply of a plan that this Planner has made. Problems of
// planning have been shown by then: they are dropped, so that Diagnostics holds
// those of the apply only. Actions on machines where something failed while
// planning are skipped at once.
func (p *Planner) Apply(plan *Plan, o ApplyOptions) *Apply {
	p.problems.forget()
	p.beginApply(o.Now)
	a := &Apply{p: p, contexts: map[*instance]contextState{}, waiting: map[*instance][]*task{}, locked: map[*instance]bool{}}
	for _, address := range o.Up {
		if ctx := p.instances[address]; ctx != nil {
			a.contexts[ctx] = contextReady
		}
	}
	a.buildGraph(plan)
	p.noteMadeByEdits()
	a.depart(plan)
	a.adopt(plan)
	a.leaveOut()
	a.candidates = append(a.candidates, a.order...)
	return a
}

// beginApply sets the time of the apply. From then on timestamp() and the like
// have values: nothing is unknown because it is new at every apply.
func (p *Planner) beginApply(now time.Time) {
	p.scope.SetTimes(p.opts.Time, now)
	p.planMade = true
	for _, n := range p.nodes {
		n.betterEach()
		for _, i := range n.insts {
			i.sayForGood()
		}
	}
}

// Next returns the steps that may be sent now, each once. The steps of one
// answer are sent together.
func (a *Apply) Next() []*Step {
	for len(a.candidates) > 0 {
		t := a.candidates[0]
		a.candidates = a.candidates[1:]
		if t.state == taskWaiting && a.ready(t) {
			a.send(t)
		}
	}
	out := a.steps
	a.steps = nil
	return out
}

// Done takes the answer of a step. The answer of an action that has already
// ended, because its context was lost, is ignored.
func (a *Apply) Done(s *Step, r Result) {
	switch s.Type {
	case StepWait:
		a.waited(s)
	case StepContext:
		a.contextDone(s, r)
	case StepLock:
		a.lockDone(s, r)
	default:
		if t := a.tasks[s.Address]; t.state == taskSent {
			a.actionDone(t, a.p.believed(t.inst, r))
		}
	}
}

// waited is called when the time of a StepWait has passed.
func (a *Apply) waited(s *Step) {
	if s.Wait == WaitGrace {
		a.over = true
		for _, t := range a.order {
			switch {
			case t.state != taskSent:
			case t.skippedThere:
				a.endSkipped(t, EndNotRun, t.whySkipped())
			case t.begun: // what became of it is not known, so nothing is recorded
				a.end(t, taskUnsuccessful, Progress{Stage: StageInterrupted, Reason: "its host has not said what became of it"})
			}
		}
	}
}

// Finished reports whether every action has ended, or Stop's grace period is
// over.
func (a *Apply) Finished() bool { return a.open == 0 || a.over }

// Stop skips every action that was not sent, so that nothing new starts. Actions
// that were sent are waited for. If grace is more than 0, the next Next asks for
// a StepWait of that length, and the apply is finished when it is over.
func (a *Apply) Stop(grace time.Duration) {
	if !a.stopped {
		a.stopped = true
		for _, t := range a.order {
			switch {
			case t.hopeless:
				a.skip(t, t.whySkipped())
			default:
				a.skip(t, stoppedReason)
			}
		}
	}
	if grace > 0 && a.open > 0 {
		a.steps = append(a.steps, &Step{Type: StepWait, Wait: WaitGrace, Timeout: grace})
	}
}

const stoppedReason = "the apply was stopped"
