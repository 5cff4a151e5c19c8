package functions

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// distinctFunc is the function of cty for lists of any length: that compares each element
// with each other one. Values that are equal have the same hash.
var distinctFunc = function.New(&function.Spec{
	Params:       []function.Parameter{param("list", cty.List(cty.DynamicPseudoType))},
	Type:         func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	RefineResult: refineNonNull,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		var out []cty.Value
		seen := map[int][]cty.Value{}
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			hash := v.Hash()
			again, err := holds(seen[hash], v)
			if err != nil {
				return cty.NilVal, err
			}
			if !again {
				seen[hash] = append(seen[hash], v)
				out = append(out, v)
			}
		}
		if len(out) == 0 {
			return cty.ListValEmpty(ty.ElementType()), nil
		}
		return cty.ListVal(out), nil
	},
})

func holds(vals []cty.Value, v cty.Value) (bool, error) {
	for _, other := range vals {
		eq, err := stdlib.Equal(other, v)
		if err != nil || eq.True() {
			return err == nil, err
		}
	}
	return false, nil
}

// setUnionFunc is the function of cty for any number of sets: that copies what it has
// for each further set.
var setUnionFunc = function.New(&function.Spec{
	Params:       stdlib.SetUnionFunc.Params(),
	VarParam:     stdlib.SetUnionFunc.VarParam(),
	Type:         setUnionType,
	RefineResult: refineNonNull,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		var all []cty.Value
		for i, arg := range args {
			set, err := Convert(arg, ty)
			if err != nil {
				return cty.NilVal, function.NewArgError(i, err)
			}
			all = append(all, set.AsValueSlice()...)
		}
		if len(all) == 0 || ty.ElementType() == cty.DynamicPseudoType {
			return stdlib.SetUnion(args...)
		}
		return cty.SetVal(all), nil
	},
})

// setUnionType asks the function of cty about one set of each type.
func setUnionType(args []cty.Value) (cty.Type, error) {
	var some []cty.Value
	seen := map[string]bool{}
	for _, v := range args {
		if key := fmt.Sprint(v.Type().GoString(), v.IsKnown()); !seen[key] {
			seen[key] = true
			some = append(some, v)
		}
	}
	return stdlib.SetUnionFunc.ReturnTypeForValues(some)
}
