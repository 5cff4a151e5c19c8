package kind

import (
	"errors"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// decoder is for arguments, which come from the controller: within limits on
// depth and number, and of no other form than the kind has.
var decoder = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxNestedLevels: 16, MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 16,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		DupMapKey: cbor.DupMapKeyEnforcedAPF, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// Decode reads the arguments of a kind, as they came over the wire, into what its
// New returned. No arguments leave it as it is. The error is a Problem.
func Decode(args cbor.RawMessage, into any) error {
	if len(args) == 0 {
		return nil
	}
	if err := decoder.Unmarshal(args, into); err != nil {
		return DecodeProblem(err)
	}
	return nil
}

// Validator is what New of a kind returns where arguments can be wrong in ways
// that no schema tells. Validate looks at the arguments only, never at a machine;
// arguments that are not known yet are absent.
type Validator interface {
	Validate() []Problem
}

// Problems asks the kind itself what is wrong with arguments, from the wire form
// of those that are known, before any machine is asked. The agent asks again, as
// its own kinds are what counts there.
func (k *Kind) Problems(wire map[string]any) []Problem {
	if k.New == nil {
		return nil
	}
	v, ok := k.New().(Validator)
	if !ok {
		return nil
	}
	raw, err := cbor.Marshal(wire)
	if err == nil {
		err = decoder.Unmarshal(raw, v)
	}
	if err != nil {
		return []Problem{{Summary: "Value cannot be sent", Detail: "It has no form on the wire: " + err.Error() + "."}}
	}
	return v.Validate()
}

// forms are what CBOR calls the forms of values, and what people do.
var forms = strings.NewReplacer(
	"UTF-8 text string", "a text", "byte string", "a text", "positive integer", "a number", "negative integer", "a number",
	"array", "a list", "map", "a map", "primitives", "a number with a fraction, true, false or null", "tag", "something tagged",
)

// DecodeProblem says which argument did not come in the form that its kind
// takes. A controller checks that before it sends them, so that it and the agent
// are not of one version then.
func DecodeProblem(err error) *Problem {
	const advice = "The agent seems to be of another version than the controller: run mitoplan again, which pushes its own."
	var wrong *cbor.UnmarshalTypeError
	var unknown *cbor.UnknownFieldError
	switch {
	case errors.As(err, &wrong):
		attr := wrong.StructFieldName[strings.LastIndex(wrong.StructFieldName, ".")+1:]
		return NewProblem(attr, CodeArgument, "Bad argument", "%s came as %s, which is not the form that it has here. "+advice, attr, Rule(forms.Replace(wrong.CBORType)))
	case errors.As(err, &unknown):
		return NewProblem("", CodeArgument, "Bad argument", "An argument came that is not known here. "+advice)
	}
	return NewProblem("", CodeArgument, "Bad argument", "The arguments cannot be read here. "+advice)
}
