package executor

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// prior is the recorded state in the form in which the planner asks for it.
type prior struct{ state *state.State }

func (p prior) Lookup(address string) (planner.Recorded, bool) {
	r := p.state.Instance(address)
	if r == nil {
		return planner.Recorded{}, false
	}
	_, open := unanswered(p.state, address)
	out := recordedOf(r)
	out.Unanswered = open
	return out, true
}

func recordedOf(r *state.Instance) planner.Recorded {
	out := planner.Recorded{
		Args: r.Args, Digest: r.Digest, Triggers: r.Triggers, Secret: r.Secret, Absent: r.Absent,
		Kind: r.Kind, Machine: r.Machine, LeadsTo: r.LeadsTo, Thing: r.Thing, Identity: r.Identity, Applied: r.Applied,
		Context: r.Context, DependsOn: r.DependsOn, Created: r.Origin == state.Created, End: recordedEnd(r.End),
	}
	out.Begun = traitsOf(r.Begun)
	return out
}

func traitsOf(recorded []state.Trait) (out []resource.Trait) {
	for _, t := range recorded {
		out = append(out, resource.Trait{Attr: t.Attr, Part: t.Part, Sum: t.Sum})
	}
	return out
}

// Interrupted implements planner.Prior.
func (p prior) Interrupted() (out []string) {
	for address, intent := range p.state.Unanswered {
		if intent.Instance() != nil {
			out = append(out, address)
		}
	}
	return out
}

// LookupBegun implements planner.Prior.
func (p prior) LookupBegun(address string) (planner.Recorded, bool) {
	begun := p.state.Unanswered[address].Instance()
	if begun == nil {
		return planner.Recorded{}, false
	}
	return recordedOf(begun), true
}

// recordedEnd is what the state has for the end of a thing, for the planner.
func recordedEnd(e *state.End) *planner.RecordedEnd {
	if e == nil {
		return nil
	}
	out := &planner.RecordedEnd{Args: e.Args, Secret: e.Secret}
	if e.Kept != nil {
		out.Kept = &resource.Kept{Backup: kind.Text(e.Kept.Backup), Unended: e.Kept.Unended}
		for _, thing := range e.Kept.Along {
			out.Kept.Along = append(out.Kept.Along, kind.Thing(thing))
		}
	}
	return out
}

// unanswered returns the intent of an earlier apply whose action never ended, or
// failed.
func unanswered(s *state.State, address string) (state.Intent, bool) {
	if s == nil {
		return state.Intent{}, false
	}
	i, ok := s.Unanswered[address]
	return i, ok
}

func (p prior) Thing(machine string, thing kind.Thing) map[string]string {
	if t := p.state.Thing(machine, thing); t != nil {
		return t.State
	}
	return nil
}

func (p prior) Begun(machine string, thing kind.Thing) []map[string]string {
	return p.state.Begun(machine, thing)
}

// Left implements planner.Prior.
func (p prior) Left(machine string, thing kind.Thing) (map[string]string, [][]resource.Trait) {
	var unseen [][]resource.Trait
	for _, i := range p.state.UnansweredOf(machine, thing) {
		var left []resource.Trait
		if i.Begins != nil {
			left = traitsOf(i.Begins.Left)
		}
		unseen = append(unseen, left)
	}
	return p.Thing(machine, thing), unseen
}

func (p prior) Old() bool { return p.state.Old() }

func (p prior) Addresses() []string { return p.state.Addresses() }

func (p prior) Debts() map[string][]string {
	out := make(map[string][]string, len(p.state.Debts))
	for call, d := range p.state.Debts {
		out[call] = d
	}
	return out
}

func (p prior) Output(name string) (cty.Value, bool) {
	o, ok := p.state.Outputs[name]
	if !ok || len(o.Value) == 0 {
		return cty.NilVal, ok
	}
	v, err := planner.Value{Type: json.RawMessage(o.Type), JSON: json.RawMessage(o.Value)}.Cty()
	return v, err == nil
}

func (p prior) Outputs() []string { return slices.Sorted(maps.Keys(p.state.Outputs)) }

// sealedPrior is the state as a plan file holds it.
type sealedPrior struct {
	records, interrupted map[string]planner.Recorded
	outputs              map[string]planner.Value
	debts                map[string][]string
	// now is the record that there is now, which is the one that the plan was made with.
	now prior
}

func priorOf(f *planner.File, s *planner.Sealed, now *state.State) planner.Prior {
	if f.Stateless {
		return nil
	}
	return sealedPrior{s.Prior, s.Interrupted, s.PriorOutputs, s.Debts, prior{now}}
}

func (p sealedPrior) Lookup(address string) (planner.Recorded, bool) {
	r, ok := p.records[address]
	return r, ok
}

// The plan file already says where differences come from, so these are not asked.

func (sealedPrior) Thing(string, kind.Thing) map[string]string                 { return nil }
func (sealedPrior) Begun(machine string, thing kind.Thing) []map[string]string { return nil }
func (sealedPrior) Old() bool                                                  { return false }

func (p sealedPrior) Left(machine string, thing kind.Thing) (map[string]string, [][]resource.Trait) {
	return p.now.Left(machine, thing)
}

func (p sealedPrior) Addresses() []string {
	out := make([]string, 0, len(p.records))
	for a := range p.records {
		out = append(out, a)
	}
	return out
}

func (p sealedPrior) Interrupted() []string { return slices.Collect(maps.Keys(p.interrupted)) }

func (p sealedPrior) LookupBegun(address string) (planner.Recorded, bool) {
	r, ok := p.interrupted[address]
	return r, ok
}

func (p sealedPrior) Debts() map[string][]string { return p.debts }

func (p sealedPrior) Output(name string) (cty.Value, bool) {
	v, ok := p.outputs[name]
	if !ok || len(v.Type) == 0 {
		return cty.NilVal, ok
	}
	c, err := v.Cty()
	return c, err == nil
}

func (p sealedPrior) Outputs() []string { return slices.Sorted(maps.Keys(p.outputs)) }
