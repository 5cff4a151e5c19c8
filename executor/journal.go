package executor

import (
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/resource"
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
	out := state.Intent{
		Address: a.Address, Block: a.Block, Kind: a.Kind, Context: a.Context, Op: string(a.Op), Identity: in.Identity,
		AbsentBefore: in.AbsentBefore, Owes: in.Owes, Machine: in.Machine, Thing: in.Thing, Found: in.Found,
	}
	if b := in.Begins; b != nil {
		out.Begins = &state.Begins{LeadsTo: b.LeadsTo, DependsOn: a.DependsOn, End: &state.End{Args: b.End.Args, Secret: b.End.Secret, Kept: keptOf(b.End.Kept)}}
		for _, t := range b.Begun {
			out.Begins.Left = append(out.Begins.Left, state.Trait{Attr: t.Attr, Part: t.Part, Sum: t.Sum})
		}
	}
	return out
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
	old := r.heirs[e.Action.Address]
	if old == nil {
		old = r.s.opts.State.Instance(e.Action.Address)
	}
	switch {
	case e.End != planner.EndApplied:
	case e.Forgotten:
		o.State = e.State
	case e.Inherits != "":
		if o.Instance, o.State = r.inherited(e, old); o.Instance == nil {
			return
		}
		r.heirs[e.Action.Address] = o.Instance
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
	if made.Another && r.heirs[a.Address] == nil { // What it took over is about the same.
		old = nil
	}
	i := &state.Instance{
		Address: a.Address, Block: a.Block, Kind: a.Kind, Context: a.Context, Machine: made.Machine, LeadsTo: made.LeadsTo, Thing: made.Thing,
		Identity: made.Identity, Args: made.Args, Absent: made.Absent, Secret: made.Secret, Triggers: made.Triggers,
		DependsOn: a.DependsOn, Applied: made.Applied, Origin: r.origin(e, old), End: r.endOf(e, old),
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
	switch {
	case e.Action.Type == config.CallBlock, e.Recorded.Absent:
		return ""
	case r.began(e) != nil: // an apply that was interrupted created what is there now
		return state.Created
	case old != nil && old.Origin != "":
		return old.Origin
	case e.Op == planner.Create, e.Op == planner.Replace, e.Recorded.Created:
		return state.Created
	}
	return state.Adopted
}

// inherited is the record that an address takes over from another, and how the thing was
// left. One that has a record of its own takes over only that an apply made the thing.
func (r *applying) inherited(e planner.Progress, own *state.Instance) (*state.Instance, map[string]string) {
	from := r.s.opts.State.Instance(e.Inherits)
	if e.Begun {
		intent, _ := unanswered(r.s.opts.State, e.Inherits)
		from = intent.Instance()
	}
	if from == nil {
		return nil, nil
	}
	if own == nil {
		i := *from
		i.Address, i.Block = e.Action.Address, e.Action.Block
		return &i, r.keptState(from)
	}
	i := *own
	if i.Origin = from.Origin; from.End != nil && i.End != nil {
		end := *i.End
		end.Kept = from.End.Kept
		i.End = &end
	}
	return &i, r.keptState(own)
}

// endOf is what is remembered for the end of a thing. What the host said for it stays from
// the apply that made the thing, or that was the first to change it. Nothing is known of
// that if an earlier version did. What an apply had made along that was cut short is
// remembered with it.
func (r *applying) endOf(e planner.Progress, old *state.Instance) *state.End {
	made := e.Recorded.End
	if made == nil {
		return nil
	}
	end := &state.End{Args: made.Args, Secret: made.Secret}
	creates := e.Op == planner.Create || e.Op == planner.Replace
	var begun *state.Kept
	if i := r.began(e); i != nil && i.Begins != nil && i.Begins.End != nil {
		begun = i.Begins.End.Kept
	}
	switch {
	case begun != nil:
		end.Kept = begun
		if now := made.Kept; now != nil && creates {
			end.Kept = keptOf(now)
			end.Kept.Along = append(slices.DeleteFunc(slices.Clone(begun.Along), func(t state.Text) bool { return slices.Contains(end.Kept.Along, t) }), end.Kept.Along...)
		}
		if old != nil && old.End != nil && old.End.Kept != nil && r.gathers(e.Action.Address) {
			end.Kept = withAlong(old.End.Kept, end.Kept)
		}
	case creates:
		end.Kept = keptOf(made.Kept)
	case old != nil && old.End == nil:
		end.Kept = &state.Kept{}
	case old != nil && old.End.Kept != nil:
		end.Kept = old.End.Kept
		if e.Op == planner.Update && (r.managesTree(e.Action.Address) || r.gathers(e.Action.Address)) {
			end.Kept = withAlong(end.Kept, keptOf(made.Kept))
		}
	case e.Op != planner.NoOp || made.Kept != nil:
		end.Kept = keptOf(made.Kept)
	}
	keepFile(end, e.Recorded)
	return end
}

// managesTree reports whether a block manages many paths below its own, of which each apply may
// make some.
func (r *applying) managesTree(address string) bool {
	b := r.s.opts.Config.Block(config.BlockAddress(address))
	if b == nil {
		return false
	}
	_, ok := b.Def.Tree()
	return ok
}

// gathers reports whether what an apply of a block adds comes to what earlier ones added.
func (r *applying) gathers(address string) bool {
	b := r.s.opts.Config.Block(config.BlockAddress(address))
	return b != nil && b.Def.Gathers()
}

// maxAlong is how many things that were made along the record keeps of one block.
const maxAlong = 10_000

// withAlong adds what was made along now to what was made before, up to maxAlong.
func withAlong(was, now *state.Kept) *state.Kept {
	known := make(map[state.Text]bool, len(was.Along))
	for _, thing := range was.Along {
		known[thing] = true
	}
	out := *was
	out.Along = slices.Clip(out.Along)
	for _, t := range now.Along {
		if !known[t] && len(out.Along) < maxAlong {
			out.Along = append(out.Along, t)
		}
	}
	return &out
}

// keepFile remembers for a part of a thing that an apply made the thing along with a part of it,
// this one or another: with the last it is taken away.
func keepFile(end *state.End, made *planner.Recorded) {
	thing := state.Text(made.Thing)
	if made.End.Kept == nil || !made.End.Kept.Made(made.Thing) || end.Kept != nil && slices.Contains(end.Kept.Along, thing) {
		return
	}
	kept := state.Kept{}
	if end.Kept != nil {
		kept = *end.Kept
	}
	kept.Along = append(slices.Clip(kept.Along), thing)
	end.Kept = &kept
}

// began is the intent of an apply that was cut short and may have made the thing of an action;
// nil if there is none.
func (r *applying) began(e planner.Progress) *state.Intent {
	i, ok := unanswered(r.s.opts.State, e.Action.Address)
	if !ok || e.Recorded.Absent || e.Recorded.BegunAnother || !i.Made(e.Recorded.Machine, e.Recorded.Thing) {
		return nil
	}
	return &i
}

// keptOf is what a host said of its change for the end.
func keptOf(k *resource.Kept) *state.Kept {
	out := &state.Kept{}
	if k == nil {
		return out
	}
	out.Backup, out.Unended = state.Text(k.Backup), k.Unended
	for _, thing := range k.Along {
		out.Along = append(out.Along, state.Text(thing))
	}
	return out
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
