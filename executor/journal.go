package executor

import (
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// moveDebts writes into the journal which debts move from one call to another.
// It is called before the first step is sent.
func (r *applying) moveDebts() {
	var moves []state.Move
	for _, m := range r.s.planner.Moves() {
		moves = append(moves, state.Move{From: m.From, Things: m.Things, To: m.To})
	}
	r.broken = r.journal.Move(moves)
}

// begin writes the intents of a batch into the journal. The batch may be sent
// only after it has returned nil.
func (r *applying) begin(steps []*planner.Step) error {
	var intents []state.Intent
	for _, step := range steps {
		if step.Intent != nil {
			intents = append(intents, intentOf(step))
		}
	}
	if len(intents) == 0 {
		return nil
	}
	return r.journal.Begin(intents)
}

func intentOf(step *planner.Step) state.Intent {
	a, in := step.Action, step.Intent
	return state.Intent{
		Address: a.Address, Block: a.Block, Kind: a.Kind, Context: a.Context, Op: string(a.Op), Identity: in.Identity,
		AbsentBefore: in.AbsentBefore, Owes: in.Owes, Machine: in.Machine, Thing: in.Thing, Found: in.Found,
	}
}

// results are the ends of an action as the journal says them.
var results = map[planner.End]state.Result{
	planner.EndApplied: state.Applied, planner.EndFailed: state.Failed, planner.EndNotRun: state.NotRun,
}

// writeEnd writes into the journal how an action ended.
func (r *applying) writeEnd(e planner.Progress) {
	if e.End == "" {
		return
	}
	o := state.Outcome{Result: results[e.End], Changed: e.Changed}
	old := r.s.opts.State.Instance(e.Action.Address)
	switch {
	case e.End != planner.EndApplied:
	case e.Recorded == nil:
		o.Instance = old
	default:
		o.Instance, o.State = r.newInstance(e, old), e.State
		if e.StateKept {
			o.State = r.keptState(old)
		}
	}
	if err := r.journal.Done(e.Action.Address, o); err != nil && r.broken == nil {
		r.broken = err
	}
}

// newInstance is what is remembered of an action, as of now.
func (r *applying) newInstance(e planner.Progress, old *state.Instance) *state.Instance {
	a, made := e.Action, e.Recorded
	i := &state.Instance{
		Address: a.Address, Block: a.Block, Kind: a.Kind, Context: a.Context, Machine: made.Machine, LeadsTo: made.LeadsTo, Thing: made.Thing,
		Identity: made.Identity, Args: made.Args, Absent: made.Absent, Secret: made.Secret, Triggers: made.Triggers,
		DependsOn: a.DependsOn, Applied: made.Applied, Origin: r.origin(e, old),
	}
	if i.Applied.IsZero() {
		i.Applied = time.Now().UTC()
	}
	return i
}

// origin says whether an apply created a thing or adopted one that existed
// before. It never changes once it is recorded. Calls and things that are absent
// have none.
func (r *applying) origin(e planner.Progress, old *state.Instance) state.Origin {
	intent, _ := unanswered(r.s.opts.State, e.Action.Address)
	switch {
	case e.Action.Type == config.CallBlock, e.Recorded.Absent:
		return ""
	case intent.AbsentBefore: // an apply that was interrupted created what is there now
		return state.Created
	case old != nil && old.Origin != "":
		return old.Origin
	case e.Op == planner.Create, e.Op == planner.Replace:
		return state.Created
	}
	return state.Adopted
}

// keptState is what the record says about how a block left its thing.
func (r *applying) keptState(old *state.Instance) map[string]string {
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
