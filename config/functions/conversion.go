package functions

import (
	"errors"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/mitoplan/mitoplan/config/marks"
)

// anything is a parameter that takes every value as it is.
func anything(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}
}

func sameType(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil }

func toFunc(ty cty.Type) function.Function {
	if !ty.IsCollectionType() {
		return stdlib.MakeToFunc(ty)
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{convertible},
		Type:   function.StaticReturnType(ty),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := Convert(args[0], ty)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "cannot convert %s to %s", args[0].Type().FriendlyName(), ty.FriendlyNameForConstraint())
			}
			return v, nil
		},
	})
}

// convertible is a parameter whose value the function converts by itself.
var convertible = function.Parameter{Name: "v", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true}

// convertFunc is typeexpr.ConvertFunc for values of any length.
var convertFunc = function.New(&function.Spec{
	Params: []function.Parameter{convertible, {Name: "type", Type: typeexpr.TypeConstraintType}},
	Type:   function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := Convert(args[0], typeexpr.TypeConstraintFromVal(args[1]))
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		return v, nil
	},
})

func toString(v cty.Value) (cty.Value, error) { return convert.Convert(v, cty.String) }

// toNumberFunc refuses numbers that would take minutes to print.
var toNumberFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("v")},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := Convert(args[0], cty.Number)
		switch {
		case errors.Is(err, ErrBounds):
			return cty.UnknownVal(cty.Number), function.NewArgError(0, err)
		case err != nil:
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "this is not a number")
		}
		return v, nil
	},
})

var sensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   sameType,
	Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0].Mark(marks.Sensitive), nil },
})

// nonsensitiveFunc takes the outermost mark away; parts keep theirs.
var nonsensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   sameType,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, on := args[0].Unmark()
		delete(on, marks.Sensitive)
		delete(on, marks.Echoed)
		return v.WithMarks(on), nil
	},
})

var isSensitiveFunc = function.New(&function.Spec{
	Params: []function.Parameter{anything("value")},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch v := args[0]; {
		case v.HasMark(marks.Sensitive), v.HasMark(marks.Echoed):
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
			if !v.HasMark(marks.Ephemeral) {
				return v, nil
			}
			v, on := v.Unmark()
			delete(on, marks.Ephemeral)
			return cty.NullVal(v.Type()).WithMarks(on), nil
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
