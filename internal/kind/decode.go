package kind

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// decoder decodes arguments. They come from the controller. It limits their depth and
// number, and accepts only the form that the kind has.
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

// Decode decodes the arguments of a kind, as they came over the wire, into the value
// that New of the kind returned. If there are no arguments, the value stays as it is.
// An error is always a *Problem.
func Decode(args cbor.RawMessage, into any) error {
	if len(args) == 0 {
		return nil
	}
	if err := decoder.Unmarshal(args, into); err != nil {
		return DecodeProblem(err)
	}
	return nil
}

// Validator is implemented by the value of a kind whose arguments can be wrong in ways
// that the schema cannot express. Validate looks at the arguments only, never at a
// machine. An argument that is not known yet is absent.
type Validator interface {
	Validate() []Problem
}

// Problems returns what the kind itself finds wrong with arguments. It takes the wire
// form of the arguments that are known, before any machine is asked. The agent checks
// them again, because it is the agent's build of the kind that runs. While arguments are
// unknown, only problems of known ones are reported, and none that one of the others may
// still rule out: these may turn out to be set.
func (k *Kind) Problems(wire map[string]any, unknown []string) []Problem {
	all := k.problems(wire)
	if len(unknown) == 0 {
		return all
	}
	isUnknown := func(name string) bool { return slices.Contains(unknown, name) }
	return slices.DeleteFunc(all, func(p Problem) bool { return wire[p.Attr] == nil || p.Early(isUnknown) })
}

func (k *Kind) problems(wire map[string]any) []Problem {
	if k.New == nil {
		return nil
	}
	v, ok := k.New().(Validator)
	if !ok {
		return nil
	}
	raw := scratch.Get().(*bytes.Buffer)
	defer scratch.Put(raw)
	raw.Reset()
	err := encoder.MarshalToBuffer(wire, raw)
	if err == nil {
		err = decoder.Unmarshal(raw.Bytes(), v)
	}
	if err != nil {
		return []Problem{{Summary: "Value cannot be sent", Detail: "It has no form on the wire: " + err.Error() + "."}}
	}
	return v.Validate()
}

// encoder writes arguments into a buffer that is used again: a plan has a kind look
// at the arguments of every instance.
var encoder = func() cbor.UserBufferEncMode {
	mode, err := cbor.EncOptions{}.UserBufferEncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// scratch holds the buffers of Problems. Decoding copies what it keeps.
var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// forms maps the names that CBOR has for the forms of values to plain words.
var forms = strings.NewReplacer(
	"UTF-8 text string", "a text", "byte string", "a text", "positive integer", "a number", "negative integer", "a number",
	"array", "a list", "map", "a map", "primitives", "a number with a fraction, true, false or null", "tag", "something tagged",
)

// DecodeProblem names the argument whose value does not have the form that its kind
// takes. The controller checks this before it sends arguments. If it happens all the
// same, the controller and the agent are of different versions.
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
