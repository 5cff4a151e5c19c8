package planner_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// history is a fake world with a record, for several applies one after the other.
// It records what an apply reports, as package state does.
type history struct {
	records // Lookup and the rest of planner.Prior
	t       *testing.T
	debts   map[string][]string
	files   map[string]string // content by path, on every host
	ran     []string          // the words of the calls that ran

	// These fields say what happens in the next apply. fails are answers by
	// address. Others say which guards refuse, what commands print, whether the
	// user stops the apply when a file has changed, and after which answer the
	// process is killed.
	fails   map[string]planner.Result
	guarded map[string]bool
	says    map[string]string
	stops   bool
	killed  int
}

func newHistory(t *testing.T) *history {
	h := &history{t: t, debts: map[string][]string{}, files: map[string]string{}, says: map[string]string{}}
	h.fakePrior = fakePrior{}
	h.peace()
	return h
}

// peace clears them: in the next apply nothing goes wrong.
func (h *history) peace() {
	h.fails, h.guarded, h.stops, h.killed = map[string]planner.Result{}, map[string]bool{}, false, -1
}

func (h *history) Debts() map[string][]string { return h.debts }

// answer returns what a host answers to a step.
func (h *history) answer(s *planner.Step) planner.Result {
	text := func(name string) string {
		if s.Args[name] == nil {
			return ""
		}
		return wireString(s.Args[name])
	}
	if r, ok := h.fails[s.Address]; ok && (s.Action != nil || s.Type == planner.StepContext) {
		return r
	}
	switch s.Type {
	case planner.StepContext:
		if r, ok := h.fails[s.Address]; ok {
			return r
		}
		return (&world{}).answer(s)
	case planner.StepLock, planner.StepWait:
		return planner.Result{}
	case planner.StepCheck, planner.StepApply:
		if s.End != nil {
			return h.takeAway(s, text("path"))
		}
		c := &resource.Change{Op: resource.Create, Writes: []kind.Thing{kind.PathThing(text("path"))}, After: s.Args, Results: map[string]any{}}
		if content, there := h.files[text("path")]; there {
			c.Op, c.Before = resource.Update, map[string]any{"path": s.Args["path"], "content": kind.Text(content)}
			if content == text("content") {
				c.Op = resource.NoOp
			}
		}
		if s.Type == planner.StepApply {
			h.files[text("path")] = text("content")
		}
		return planner.Result{Change: c}
	}
	r := function.CallReply{WouldRun: !h.guarded[s.Address]}
	if r.WouldRun && s.Type != planner.StepProbe {
		r.Results = map[string]any{"stdout": kind.Text(h.says[s.Address]), "exit_code": int64(0)}
		if s.Action != nil && s.Action.Op != planner.Read {
			h.ran = append(h.ran, wireString(s.Args["argv"].([]any)[0]))
		}
	}
	return planner.Result{Reply: &r}
}

// takeAway answers a step that takes a file away.
func (h *history) takeAway(s *planner.Step, path string) planner.Result {
	c := &resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(path)}, Results: map[string]any{}}
	if _, there := h.files[path]; there {
		c.Op, c.Before = resource.Delete, map[string]any{"path": s.Args["path"]}
	}
	if s.Type == planner.StepApply {
		delete(h.files, path)
	}
	return planner.Result{Change: c}
}

func (h *history) plan(src string, set ...func(*planner.Options)) (*planner.Plan, *planner.Planner) {
	h.t.Helper()
	o := options()
	o.Prior, o.RecordKey = h, []byte("salt")
	for _, f := range set {
		f(&o)
	}
	p := planner.New(load(h.t, src), o)
	for !p.Finished() {
		for _, s := range p.Next() {
			r := h.answer(s)
			if via := s.Hop.Via; via == nil && s.Type != planner.StepContext && h.fails[s.Context].Failure != nil {
				r = fails(planner.Failure{Kind: planner.FailureBehind, Summary: "Unreachable"})
			}
			p.Done(s, r)
		}
	}
	return p.Plan(), p
}

// apply plans and applies. The apply may fail: some tests are about that.
func (h *history) apply(src string, set ...func(*planner.Options)) {
	h.t.Helper()
	plan, p := h.plan(src, set...)
	for _, m := range p.Moves() {
		h.move(m)
	}
	a := beginApply(h.t, p, plan, &world{})
	a.answers = h.answer
	pending := map[string]*planner.Step{}
	fold := func() {
		for address, s := range a.steps {
			if !a.folded[address] && s.Intent != nil {
				a.folded[address], pending[address] = true, s
			}
		}
		for _, e := range a.progress {
			if e.End != "" && h.killed != 0 {
				h.fold(e, pending[e.Action.Address])
				delete(pending, e.Action.Address)
				h.killed--
			}
			if h.stops && e.Action.Type == "resource" && e.Stage == planner.StageSucceeded {
				a.Stop(0)
			}
		}
		a.progress = nil
	}
	for a.next(); !a.Finished(); a.next() {
		fold()
		a.answer(a.first())
		a.progress = append(a.progress, a.Progress()...)
		fold() // the user may stop it here
	}
	fold()
	for _, s := range pending { // they have begun, and nobody saw how they ended
		h.owe(s)
	}
}

// settle applies twice, and holds that the next plan is empty then.
func (h *history) settle(src string) {
	h.t.Helper()
	h.peace()
	for range 2 {
		h.apply(src)
	}
	if plan, p := h.plan(src); !plan.Empty() || p.Diagnostics().HasErrors() {
		h.t.Errorf("after two applies the plan is still not empty: %v, %v", ops(plan), p.Diagnostics())
	}
}

func (h *history) fold(e planner.Progress, begun *planner.Step) {
	address := e.Action.Address
	if begun != nil && (e.Changed || e.End == planner.EndFailed) {
		h.owe(begun)
	}
	if e.End != planner.EndApplied {
		return
	}
	old, had := h.fakePrior[address]
	switch {
	case e.Forgotten:
		delete(h.fakePrior, address)
	case e.Inherits != "":
		from := h.fakePrior[e.Inherits]
		if had {
			old.Created = from.Created
		} else {
			old = from
		}
		h.fakePrior[address] = old
	case e.Recorded != nil:
		r := *e.Recorded
		r.Context, r.DependsOn, r.Created = e.Action.Context, e.Action.DependsOn, had && old.Created || !had && e.Op == planner.Create
		h.fakePrior[address] = r
	}
	if e.Changed {
		delete(h.debts, address)
	}
}

func (h *history) owe(s *planner.Step) {
	for _, call := range s.Intent.Owes {
		h.addDebt(call, s.Address)
	}
}

func (h *history) addDebt(call, thing string) {
	if !slices.Contains(h.debts[call], thing) {
		h.debts[call] = slices.Sorted(slices.Values(append(h.debts[call], thing)))
	}
}

func (h *history) move(m planner.Move) {
	for _, thing := range m.Things {
		h.debts[m.From] = slices.DeleteFunc(h.debts[m.From], func(x string) bool { return x == thing })
		for _, call := range m.To {
			h.addDebt(call, thing)
		}
	}
	maps.DeleteFunc(h.debts, func(_ string, things []string) bool { return len(things) == 0 })
}

// took returns what ran since the last call of took, in alphabetical order.
func (h *history) took() string {
	out := strings.Join(slices.Sorted(slices.Values(h.ran)), " ")
	h.ran = nil
	return out
}

func (h *history) String() string { return fmt.Sprintf("debts %v, files %v", h.debts, h.files) }
