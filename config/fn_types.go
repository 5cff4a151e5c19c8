package config

import (
	"errors"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// anything is a parameter that takes every value as it is.
func anything(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}
}

func sameType(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil }

func toFunc(ty cty.Type) function.Function { return stdlib.MakeToFunc(ty) }

func toString(v cty.Value) (cty.Value, error) { return convert.Convert(v, cty.String) }

// toNumberFunc refuses numbers that would take minutes to print.
var toNumberFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("v")},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := convert.Convert(args[0], cty.Number)
		if err != nil {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "this is not a number")
		}
		if err := boundNumbers(v); err != nil {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "the number is out of bounds")
		}
		return v, nil
	},
})

var sensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   sameType,
	Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0].Mark(Sensitive), nil },
})

// nonsensitiveFunc takes the outermost mark away; parts keep theirs.
var nonsensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   sameType,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, marks := args[0].Unmark()
		delete(marks, Sensitive)
		delete(marks, Echoed)
		return v.WithMarks(marks), nil
	},
})

var isSensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch v := args[0]; {
		case v.HasMark(Sensitive), v.HasMark(Echoed):
			return cty.True, nil
		case !v.IsKnown():
			// What is yet to be known may turn out to be sensitive.
			return cty.UnknownVal(cty.Bool), nil
		}
		return cty.False, nil
	},
})

var ephemeralAsNullFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   sameType,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.Transform(args[0], func(_ cty.Path, v cty.Value) (cty.Value, error) {
			if !v.HasMark(Ephemeral) {
				return v, nil
			}
			v, marks := v.Unmark()
			delete(marks, Ephemeral)
			return cty.NullVal(v.Type()).WithMarks(marks), nil
		})
	},
})

// typeFunc names a value's type, for a console.
var typeFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.StringVal(typeexpr.TypeString(args[0].Type())), nil
	},
})

// errNesting and the like are told of text that came from anywhere.
var errNesting = errors.New("it is nested too deeply")
