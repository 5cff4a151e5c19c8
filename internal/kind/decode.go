package kind

import (
	"errors"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

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
		return NewProblem(attr, "argument", "Bad argument", "%s came as %s, which is not the form that it has here. "+advice, attr, Rule(forms.Replace(wrong.CBORType)))
	case errors.As(err, &unknown):
		return NewProblem("", "argument", "Bad argument", "An argument came that is not known here. "+advice)
	}
	return NewProblem("", "argument", "Bad argument", "The arguments cannot be read here. "+advice)
}
