package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

func pid() int { return os.Getpid() }

// recordOutputs puts the outputs into the state. Of a sensitive output only its name is
// recorded, of an ephemeral one nothing. An output that is not known, because a host was
// not reached, stays as it was.
func recordOutputs(s *state.State, outputs []*planner.Output) hcl.Diagnostics {
	var diags hcl.Diagnostics
	before := s.Outputs
	s.Outputs = map[string]state.Output{}
	for _, o := range outputs {
		if o.Ephemeral || config.IsEphemeral(o.Value) {
			continue
		}
		if v, _ := o.Value.UnmarkDeep(); !v.IsWhollyKnown() {
			if old, ok := before[o.Name]; ok {
				s.Outputs[o.Name] = old
			}
			continue
		}
		recorded, err := recordOutput(o)
		if err != nil {
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Output not recorded", Detail: sentence(fmt.Errorf("output %s: %w", o.Name, err))})
			continue
		}
		s.Outputs[o.Name] = recorded
	}
	return diags
}

func recordOutput(o *planner.Output) (state.Output, error) {
	if o.Sensitive || config.IsSensitive(o.Value) {
		return state.Output{Sensitive: true}, nil
	}
	v, _ := o.Value.UnmarkDeep()
	t, err := ctyjson.MarshalType(v.Type())
	if err != nil {
		return state.Output{}, err
	}
	value, err := ctyjson.Marshal(v, v.Type())
	return state.Output{Type: t, Value: value}, err
}

// showOutputs writes the outputs at the end of an apply.
func (op *operation) showOutputs(outputs []*planner.Output) {
	if len(outputs) == 0 {
		return
	}
	recorded, err := shownOutputs(op.state)
	if err != nil {
		recorded = nil // the next plan says that the record is damaged
	}
	shown := view.NewApplied(outputs, recorded, op.mask)
	if op.json != nil {
		op.json.Outputs(shown)
		return
	}
	fmt.Fprint(op.results, "\nOutputs:\n\n"+op.human.Outputs(shown))
}

// shownOutputs is what is shown of recorded outputs, by name.
func shownOutputs(s *state.State) (map[string]view.Output, error) {
	out := map[string]view.Output{}
	for name, o := range s.Outputs {
		v, err := view.NewRecorded(o.Sensitive, o.Type, o.Value)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}
