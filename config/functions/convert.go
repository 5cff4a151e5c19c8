package functions

import (
	"errors"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Convert is convert.Convert of cty for values of any length. That compares the type of
// each element with the type of each other one, to find a type that all of them have: 30,000
// elements take 11 seconds. This does it once for each type that is there.
//
// Values and errors are those of cty. An error about a part says which part only if cty
// says so, too. Texts that are numbers out of bounds are ErrBounds.
func Convert(v cty.Value, ty cty.Type) (cty.Value, error) {
	if v.Type().Equals(ty) || !hasParts(v) {
		return convertByCty(v, ty)
	}
	v, on := v.Unmark()
	out, err := convertParts(v, ty)
	if err != nil {
		return cty.DynamicVal, err
	}
	if out == cty.NilVal {
		if out, err = convertByCty(v, ty); err != nil {
			return out, err
		}
	}
	return out.WithMarks(on), nil
}

// convertByCty bounds the numbers that are made of texts. Those that are numbers already
// are bounded where they come from.
func convertByCty(v cty.Value, ty cty.Type) (cty.Value, error) {
	out, err := convert.Convert(v, ty)
	if err != nil || v.Type().Equals(out.Type()) {
		return out, err
	}
	if err := BoundNumbers(out); err != nil {
		return cty.DynamicVal, err
	}
	return out, nil
}

// hasParts reports a value that is made of others, all of which are there.
func hasParts(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && v.CanIterateElements()
}

// convertParts converts the parts of a value, and makes the value of them. It returns
// NilVal for what is left to cty: what needs no common type, and what cannot be
// converted, so that cty says why.
func convertParts(v cty.Value, ty cty.Type) (cty.Value, error) {
	from := v.Type()
	switch {
	case v.LengthInt() == 0:
		return cty.NilVal, nil
	case ty.IsListType() || ty.IsSetType():
		if from.IsObjectType() || from.IsMapType() {
			return cty.NilVal, nil
		}
		return convertElements(v, ty)
	case ty.IsMapType() && (from.IsObjectType() || from.IsMapType()):
		return convertElements(v, ty)
	case ty.IsTupleType() && from.IsTupleType() && len(ty.TupleElementTypes()) == v.LengthInt():
		return convertTuple(v, ty), nil
	case ty.IsObjectType() && from.IsObjectType():
		return convertObject(v, ty), nil
	}
	return cty.NilVal, nil
}

// convertElements makes a collection.
func convertElements(v cty.Value, ty cty.Type) (cty.Value, error) {
	keys, elems := partsOf(v)
	if v.Type().IsSetType() && slices.ContainsFunc(elems, notWhollyKnown) {
		return cty.NilVal, nil
	}
	want := ty.ElementType()
	if want == cty.DynamicPseudoType {
		if want = commonType(elems); want == cty.NilType {
			return cty.NilVal, errors.New(convert.MismatchMessage(v.Type(), ty))
		}
		if want == cty.DynamicPseudoType {
			return cty.NilVal, nil
		}
	}
	if !convertAll(elems, want) {
		return cty.NilVal, nil
	}
	if want = commonType(elems); want == cty.NilType || !convertAll(elems, want) {
		return cty.NilVal, nil
	}
	switch {
	case ty.IsListType() && cty.CanListVal(elems):
		return cty.ListVal(elems), nil
	case ty.IsSetType() && cty.CanSetVal(elems):
		return cty.SetVal(elems), nil
	case ty.IsMapType():
		if named := zip(keys, elems); cty.CanMapVal(named) {
			return cty.MapVal(named), nil
		}
	}
	return cty.NilVal, nil
}

// convertTuple and convertObject return NilVal if a part cannot be converted.
func convertTuple(v cty.Value, ty cty.Type) cty.Value {
	_, elems := partsOf(v)
	for i, want := range ty.TupleElementTypes() {
		var ok bool
		if elems[i], ok = convertPart(elems[i], want); !ok {
			return cty.NilVal
		}
	}
	return cty.TupleVal(elems)
}

func convertObject(v cty.Value, ty cty.Type) cty.Value {
	attrs := map[string]cty.Value{}
	for name, want := range ty.AttributeTypes() {
		var ok bool
		switch {
		case v.Type().HasAttribute(name):
			if attrs[name], ok = convertPart(v.GetAttr(name), want); !ok {
				return cty.NilVal
			}
		case ty.AttributeOptional(name):
			attrs[name] = cty.NullVal(want.WithoutOptionalAttributesDeep())
		default:
			return cty.NilVal
		}
	}
	return cty.ObjectVal(attrs)
}

func partsOf(v cty.Value) (keys, elems []cty.Value) {
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		keys, elems = append(keys, k), append(elems, e)
	}
	return keys, elems
}

func notWhollyKnown(v cty.Value) bool { return !v.IsWhollyKnown() }

func zip(keys, elems []cty.Value) map[string]cty.Value {
	named := make(map[string]cty.Value, len(keys))
	for i, k := range keys {
		named[k.AsString()] = elems[i]
	}
	return named
}

// convertAll converts values in place, and reports whether it could.
func convertAll(vals []cty.Value, ty cty.Type) (ok bool) {
	for i := range vals {
		if vals[i], ok = convertPart(vals[i], ty); !ok {
			return false
		}
	}
	return true
}

// convertPart converts one value. A null or unknown one has no optional attributes, as
// no value that is there has.
func convertPart(v cty.Value, ty cty.Type) (cty.Value, bool) {
	v, err := Convert(v, ty)
	if err != nil {
		return v, false
	}
	plain, on := v.Unmark()
	if plain.IsNull() {
		v = cty.NullVal(plain.Type().WithoutOptionalAttributesDeep()).WithMarks(on)
	}
	return v, true
}

// commonType is a type that all values can be converted to, NilType if there is none.
// The types that differ are compared, in the order of the values.
func commonType(vals []cty.Value) cty.Type {
	var types []cty.Type
	seen := map[string]bool{}
	for _, v := range vals {
		ty := v.Type()
		if n := len(types); n > 0 && types[n-1].Equals(ty) {
			continue
		}
		if name := ty.GoString(); !seen[name] {
			seen[name] = true
			types = append(types, ty)
		}
	}
	if len(types) == 1 {
		return types[0]
	}
	ty, _ := convert.UnifyUnsafe(types)
	return ty
}
