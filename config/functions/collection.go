package functions

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// allFunc returns its argument: in an expression file.conf already means all of its
// instances. all() makes a difference in depends_on and triggered_by only.
var allFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "instances", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}},
	Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0], nil },
})

var (
	allTrueFunc = foldBools(true, cty.Value.And)
	anyTrueFunc = foldBools(false, cty.Value.Or)
)

// foldBools treats null as false.
func foldBools(start bool, fold func(a, b cty.Value) cty.Value) function.Function {
	return makeFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		result, unknown := cty.BoolVal(start), false
		for it := args[0].ElementIterator(); it.Next(); {
			_, v := it.Element()
			switch {
			case !v.IsKnown():
				unknown = true
				continue
			case v.IsNull():
				v = cty.False
			}
			if result = fold(result, v); result.True() != start {
				return result, nil
			}
		}
		if unknown {
			return cty.UnknownVal(cty.Bool), nil
		}
		return result, nil
	}, param("list", cty.List(cty.Bool)))
}

// coalesceFunc is the first argument that is neither null nor "".
var coalesceFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "vals", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		if len(args) > 0 {
			if ty := commonType(args); ty != cty.NilType {
				return ty, nil
			}
		}
		return cty.NilType, errors.New("all arguments must have the same type")
	},
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		for _, arg := range args {
			v, err := Convert(arg, ty)
			switch {
			case err != nil:
				return cty.NilVal, err
			case !v.IsKnown():
				return cty.UnknownVal(ty), nil
			case v.IsNull() || ty == cty.String && v.AsString() == "":
			default:
				return v, nil
			}
		}
		return cty.NilVal, errors.New("no argument is neither null nor an empty string")
	},
})

var indexFunc = makeFunc(cty.Number, func(args []cty.Value) (cty.Value, error) {
	list := args[0]
	if ty := list.Type(); !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "a list is required")
	}
	for it := list.ElementIterator(); it.Next(); {
		i, v := it.Element()
		eq, err := stdlib.Equal(v, args[1])
		if err != nil {
			return cty.NilVal, err
		}
		if !eq.IsKnown() {
			return cty.UnknownVal(cty.Number), nil
		}
		if eq.True() {
			return i, nil
		}
	}
	return cty.NilVal, errors.New("the list holds no such element")
}, param("list", cty.DynamicPseudoType), param("value", cty.DynamicPseudoType))

// lengthFunc counts elements, and characters of a string.
var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true, AllowMarked: true}},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		if ty == cty.String || ty == cty.DynamicPseudoType || ty.IsTupleType() || ty.IsObjectType() || ty.IsCollectionType() {
			return cty.Number, nil
		}
		return cty.Number, function.NewArgErrorf(0, "it must be a string or a collection")
	},
	RefineResult: func(b *cty.RefinementBuilder) *cty.RefinementBuilder {
		return b.NotNull().NumberRangeLowerBound(cty.Zero, true)
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, marks := args[0].Unmark()
		n, err := lengthOf(v)
		return n.WithMarks(marks), err
	},
})

func lengthOf(v cty.Value) (cty.Value, error) {
	ty := v.Type()
	switch {
	case ty == cty.DynamicPseudoType:
		return cty.UnknownVal(cty.Number), nil
	case ty.IsTupleType():
		return cty.NumberIntVal(int64(len(ty.TupleElementTypes()))), nil
	case ty.IsObjectType():
		return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
	case ty == cty.String && !v.IsKnown():
		return cty.UnknownVal(cty.Number), nil
	case ty == cty.String:
		return stdlib.Strlen(v)
	}
	return v.Length(), nil
}

// lookupFunc is the element of a map at a key, or the default in the third argument.
var lookupFunc = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "map", Type: cty.DynamicPseudoType, AllowMarked: true},
		{Name: "key", Type: cty.String, AllowMarked: true},
	},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true, AllowMarked: true},
	Type:     lookupType,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		m, mapMarks := args[0].Unmark()
		key, keyMarks := args[1].Unmark()
		if !m.IsWhollyKnown() {
			return cty.UnknownVal(ty).WithMarks(mapMarks, keyMarks), nil
		}
		switch name := key.AsString(); {
		case m.Type().IsObjectType() && m.Type().HasAttribute(name):
			return m.GetAttr(name).WithMarks(mapMarks, keyMarks), nil
		case m.Type().IsMapType() && m.HasIndex(key).True():
			return m.Index(key).WithMarks(mapMarks, keyMarks), nil
		case len(args) == 2:
			return cty.UnknownVal(ty), noSuchKey(args[1])
		}
		v, err := Convert(args[2], ty)
		return v.WithMarks(mapMarks, keyMarks), err
	},
})

func lookupType(args []cty.Value) (cty.Type, error) {
	ty := args[0].Type()
	switch {
	case len(args) > 3:
		return cty.NilType, errors.New("it takes two or three arguments")
	case ty.IsMapType():
		if len(args) == 3 {
			if _, err := Convert(args[2], ty.ElementType()); err != nil {
				return cty.NilType, function.NewArgErrorf(2, "the default must be of the type of the map's elements")
			}
		}
		return ty.ElementType(), nil
	case !ty.IsObjectType():
		return cty.NilType, function.NewArgErrorf(0, "a map is required")
	case !args[1].IsKnown():
		return cty.DynamicPseudoType, nil
	case ty.HasAttribute(unmarkedText(args[1])):
		return ty.AttributeType(unmarkedText(args[1])), nil
	case len(args) == 3:
		return args[2].Type(), nil
	}
	return cty.NilType, noSuchKey(args[1])
}

func unmarkedText(v cty.Value) string {
	v, _ = v.Unmark()
	return v.AsString()
}

func noSuchKey(key cty.Value) error {
	if key.IsMarked() {
		return function.NewArgErrorf(1, "the map has no such key, and there is no default")
	}
	return function.NewArgErrorf(1, "the map has no key %q, and there is no default", key.AsString())
}

var matchKeysFunc = function.New(&function.Spec{
	Params: []function.Parameter{param("values", cty.List(cty.DynamicPseudoType)), param("keys", cty.List(cty.DynamicPseudoType)), param("searchset", cty.List(cty.DynamicPseudoType))},
	Type: func(args []cty.Value) (cty.Type, error) {
		if ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); ty == cty.NilType {
			return cty.NilType, errors.New("the keys and the searchset must be of one type")
		}
		return args[0].Type(), nil
	},
	RefineResult: refineNonNull,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() || !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		if args[0].LengthInt() != args[1].LengthInt() {
			return cty.UnknownVal(ty), errors.New("the lists of values and of keys must be of one length")
		}
		var out []cty.Value
		keys := args[1].AsValueSlice()
		for i, v := range args[0].AsValueSlice() {
			for _, wanted := range args[2].AsValueSlice() {
				if eq, err := stdlib.Equal(keys[i], wanted); err == nil && eq.True() {
					out = append(out, v)
					break
				}
			}
		}
		if len(out) == 0 {
			return cty.ListValEmpty(ty.ElementType()), nil
		}
		return cty.ListVal(out), nil
	},
})

// oneFunc is the only element of a list, or null if the list is empty.
var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{param("list", cty.DynamicPseudoType)},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		switch {
		case ty.IsListType() || ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType() && len(ty.TupleElementTypes()) == 0:
			return cty.DynamicPseudoType, nil
		case ty.IsTupleType() && len(ty.TupleElementTypes()) == 1:
			return ty.TupleElementType(0), nil
		}
		return cty.NilType, function.NewArgErrorf(0, "it must be a list, set or tuple with no or one element")
	},
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		v := args[0]
		if v.Type().IsSetType() && !v.IsWhollyKnown() {
			return cty.UnknownVal(ty), nil
		}
		elems := v.AsValueSlice()
		switch len(elems) {
		case 0:
			return cty.NullVal(ty), nil
		case 1:
			return elems[0], nil
		}
		return cty.UnknownVal(ty), function.NewArgErrorf(0, "it must be a list, set or tuple with no or one element")
	},
})

var sumFunc = makeFunc(cty.Number, func(args []cty.Value) (cty.Value, error) {
	list := args[0]
	if ty := list.Type(); !ty.IsListType() && !ty.IsSetType() && !ty.IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "a list, set or tuple of numbers is required")
	}
	if !list.IsWhollyKnown() {
		return cty.UnknownVal(cty.Number), nil
	}
	if list.LengthInt() == 0 {
		return cty.NilVal, function.NewArgErrorf(0, "there is no sum of nothing")
	}
	total := new(big.Float).SetPrec(512)
	for it := list.ElementIterator(); it.Next(); {
		_, v := it.Element()
		v, err := Convert(v, cty.Number)
		if errors.Is(err, ErrBounds) {
			return cty.NilVal, function.NewArgError(0, err)
		}
		if err != nil || v.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "every element must be a number")
		}
		total.Add(total, v.AsBigFloat())
	}
	return cty.NumberVal(total), nil
}, param("list", cty.DynamicPseudoType))

var transposeFunc = makeFunc(cty.Map(cty.List(cty.String)), func(args []cty.Value) (cty.Value, error) {
	if !args[0].IsWhollyKnown() {
		return cty.UnknownVal(cty.Map(cty.List(cty.String))), nil
	}
	out := map[string][]cty.Value{}
	for it := args[0].ElementIterator(); it.Next(); {
		key, list := it.Element()
		if list.IsNull() {
			return cty.NilVal, fmt.Errorf("the list at %q is null", key.AsString())
		}
		for _, v := range list.AsValueSlice() {
			if v.IsNull() {
				return cty.NilVal, fmt.Errorf("the list at %q holds a null", key.AsString())
			}
			out[v.AsString()] = append(out[v.AsString()], key)
		}
	}
	if len(out) == 0 {
		return cty.MapValEmpty(cty.List(cty.String)), nil
	}
	lists := map[string]cty.Value{}
	for name, keys := range out {
		lists[name] = cty.ListVal(keys)
	}
	return cty.MapVal(lists), nil
}, param("map", cty.Map(cty.List(cty.String))))
