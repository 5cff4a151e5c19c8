package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// applied is an apply in the fake world. It keeps the batches in which steps were
// sent, and how each action ended.
type applied struct {
	*planner.Apply
	t     *testing.T
	world *world
	// batches are the addresses that were sent together, in order. steps is what
	// was sent, by address.
	batches  [][]string
	steps    map[string]*planner.Step
	progress []planner.Progress
	// started are the contexts whose start was asked for.
	started map[string]bool
	waited  time.Duration

	answers func(*planner.Step) planner.Result
	pending []*planner.Step
	folded  map[string]bool // see history
	ended   map[string]bool // whether it ended well
}

// applyTime is when every apply of the fake world begins.
var applyTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func beginApply(t *testing.T, p *planner.Planner, plan *planner.Plan, w *world, up ...string) *applied {
	a := &applied{
		Apply: p.Apply(plan, planner.ApplyOptions{Now: applyTime, Up: up}),
		t:     t, world: w, answers: w.applies, steps: map[string]*planner.Step{}, ended: map[string]bool{}, started: map[string]bool{}, folded: map[string]bool{},
	}
	return a
}

// applyPlan applies a plan. Only those steps fail that have a failure in the
// world's answers.
func applyPlan(t *testing.T, p *planner.Planner, plan *planner.Plan, w *world) *applied {
	t.Helper()
	a := beginApply(t, p, plan, w)
	a.run()
	return a
}

// run answers one step after the other until the apply is finished.
func (a *applied) run() {
	a.t.Helper()
	for a.next(); !a.Finished(); a.next() {
		if len(a.pending) == 0 {
			a.t.Fatalf("nothing is under way, but the apply is not finished: %s", a.said())
		}
		a.answer(a.first())
	}
}

// next sends the next batch.
func (a *applied) next() {
	a.t.Helper()
	steps := a.Next()
	a.progress = append(a.progress, a.Progress()...)
	var batch []string
	for _, s := range steps {
		if s.Type == planner.StepApply || s.Type == planner.StepRun {
			batch = append(batch, s.Address)
			if a.steps[s.Address] != nil {
				a.t.Errorf("%s is sent twice", s.Address)
			}
			a.steps[s.Address] = s
		}
	}
	if len(batch) > 0 {
		a.batches = append(a.batches, batch)
	}
	a.pending = append(a.pending, steps...)
	for _, s := range steps {
		if s.Type == planner.StepWait {
			a.waited += s.Timeout
		}
		a.started[s.Address] = a.started[s.Address] || s.Type == planner.StepContext
	}
}

// first returns the step that an agent answers next. It keeps the order that the
// agent was told, and puts slow steps last.
func (a *applied) first() *planner.Step {
	for _, slow := range []bool{false, true} {
		for _, s := range a.pending {
			if a.world.slow[s.Address] == slow && !a.waits(s) {
				return s
			}
		}
	}
	a.t.Fatal("no step can be answered: each one under way waits for another")
	return nil
}

func (a *applied) waits(s *planner.Step) bool {
	return slices.ContainsFunc(a.pending, func(q *planner.Step) bool {
		return q != s && q.Address != "" && (slices.Contains(s.After, q.Address) || s.Turn == q.Address)
	})
}

func (a *applied) answer(s *planner.Step) {
	a.pending = slices.DeleteFunc(a.pending, func(q *planner.Step) bool { return q == s })
	var r planner.Result
	if s.Action != nil && (!a.ended["lock "+s.Context] || slices.ContainsFunc(s.After, func(address string) bool { return !a.ended[address] })) {
		r = planner.Result{Failure: &planner.Failure{Kind: planner.FailureSkipped, Summary: "Skipped", NotBegun: true}}
		if told := a.world.applied[s.Address].Failure; told != nil && told.MayHaveRun {
			r.Failure = told
		}
	} else {
		r = a.answers(s)
	}
	if s.Type == planner.StepLock {
		a.ended["lock "+s.Context] = r.Failure == nil
	} else {
		a.ended[s.Address] = r.Failure == nil
	}
	a.Done(s, r)
}

// applies returns what a host answers to a step of an apply.
func (w *world) applies(s *planner.Step) planner.Result {
	if r, ok := w.applied[s.Address]; ok {
		return r
	}
	switch s.Type {
	case planner.StepLock, planner.StepWait:
		return planner.Result{}
	case planner.StepApply:
		return planner.Result{Change: &resource.Change{Op: resource.Op(s.Action.Op), Results: map[string]any{}}}
	}
	return w.answer(s)
}

// said returns how the actions went, in order, such as "begun file.x, succeeded
// file.x".
func (a *applied) said() string {
	var out []string
	for _, e := range a.progress {
		text := string(e.Stage) + " " + e.Action.Address
		if e.Reason != "" {
			text += " (" + e.Reason + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// end returns the progress with which an action ended.
func (a *applied) end(address string) planner.Progress {
	for _, e := range a.progress {
		if e.Action.Address == address && e.Stage != planner.StageBegun {
			return e
		}
	}
	return planner.Progress{}
}

// problems returns the summaries and details of everything that went wrong.
func problems(p *planner.Planner) string {
	var out []string
	for _, d := range p.Diagnostics() {
		out = append(out, d.Summary+": "+d.Detail)
	}
	return strings.Join(out, "\n")
}
