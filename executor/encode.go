package executor

import (
	"maps"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// kindOf is the kind of the resource that a step is about.
func kindOf(step *planner.Step) *kind.Kind {
	k, _ := kinds.Lookup(step.Kind)
	return &k
}

// withhold encodes the arguments of a step, without those that only this process needs. brought is
// the resource of the step if this process gets its content when the host asks; it is nil for all
// other steps.
func (s *Session) withhold(step *planner.Step, args map[string]any) (brought resource.Brought, sent []byte, err error) {
	all, err := s.encode(step.Kind, args)
	if err != nil || step.Type != planner.StepApply && step.Type != planner.StepCheck || step.End != nil {
		return nil, all, err
	}
	is, ok := kindOf(step).New().(resource.Brought)
	if !ok {
		return nil, all, nil
	}
	if err := kind.Decode(all, is); err != nil {
		return nil, nil, err
	}
	_, withheld, _ := is.Brings()
	args = maps.Clone(args)
	for _, name := range withheld {
		delete(args, name)
	}
	sent, err = s.encode(step.Kind, args)
	return is, sent, err
}

// encode returns arguments in the form in which they are sent.
func (s *Session) encode(kindName string, args map[string]any) (cbor.RawMessage, error) {
	raw, err := transport.Marshal(args)
	if err != nil {
		return nil, &kind.Problem{Summary: "Value cannot be sent", Detail: "An argument of " + kindName + " cannot be encoded: " + err.Error() + "."}
	}
	return raw, nil
}
