package functions

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// param is a parameter that can be neither null nor unknown by the time that
// the function runs.
func param(name string, ty cty.Type) function.Parameter {
	return function.Parameter{Name: name, Type: ty}
}

// textFunc makes a function from texts to a text.
func textFunc(impl func(args []string) (string, error), names ...string) function.Function {
	return makeFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.AsString()
		}
		s, err := impl(texts)
		return cty.StringVal(s), err
	}, stringParams(names)...)
}

// makeFunc makes a function of fixed parameters.
func makeFunc(ret cty.Type, impl func(args []cty.Value) (cty.Value, error), params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params:       params,
		Type:         function.StaticReturnType(ret),
		RefineResult: refineNonNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := impl(args)
			if err != nil {
				return cty.UnknownVal(ret), err
			}
			return v, nil
		},
	})
}

func stringParams(names []string) []function.Parameter {
	params := make([]function.Parameter, len(names))
	for i, name := range names {
		params[i] = param(name, cty.String)
	}
	return params
}

func refineNonNull(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() }
