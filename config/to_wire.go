package config

import (
	"encoding/base64"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/config/marks"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// MaxSent is the most bytes that the texts of one block's arguments may have
// together: they are sent to a host in one message.
const MaxSent = files.MaxSize

// maxDepth bounds the nesting of values on the wire, in both directions.
const maxDepth = 64

// ToWire makes the wire form of the arguments. Null and unknown arguments are left
// out. unknown names the arguments that are not wholly known, sensitive those that hold
// a secret, both in the schema's order. The error names the argument that cannot be
// sent.
func (as Arguments) ToWire() (wire map[string]any, unknown, sensitive []string, err error) {
	wire = make(map[string]any, as.countSet())
	room := MaxSent
	all := as.all()
	for k := range all {
		a, attr, secret := all[k].schema, as.of(&all[k]), false
		if as.marked && marks.Any(attr) {
			secret = IsSecret(attr) // a mark need not be a secret's
			attr, _ = attr.UnmarkDeep()
		}
		if secret || a.Secret && !attr.IsNull() {
			sensitive = append(sensitive, a.Name)
		}
		if !attr.IsWhollyKnown() {
			unknown = append(unknown, a.Name)
			continue
		}
		if attr.IsNull() {
			continue
		}
		if wire[a.Name], err = toWire(a.Type, attr, 0); err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		if room -= textSize(wire[a.Name]); room < 0 {
			return nil, nil, nil, fmt.Errorf("%s: with it the texts of the block have more than %d MiB in all, the most that a host is sent at once", a.Name, MaxSent>>20)
		}
	}
	return wire, unknown, sensitive, nil
}

// textSize is how many bytes the texts in a wire value have.
func textSize(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case cbor.ByteString:
		return len(v)
	case []byte:
		return len(v)
	case []any:
		for _, e := range v {
			n += textSize(e)
		}
	case map[string]any:
		for key, e := range v {
			n += len(key) + textSize(e)
		}
	}
	return n
}

func toWire(t kind.Type, v cty.Value, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	if v.IsNull() {
		if t.Base == kind.Any || depth == 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("an element is null")
	}
	ty := v.Type()
	switch t.Base {
	case kind.Any:
		return anyToWire(v, depth)
	case kind.List:
		if !ty.IsListType() && !ty.IsSetType() && !ty.IsTupleType() {
			return nil, wrongType(t, ty)
		}
		return listToWire(*t.Elem, v, depth)
	case kind.Map:
		if !ty.IsMapType() && !ty.IsObjectType() {
			return nil, wrongType(t, ty)
		}
		return mapToWire(*t.Elem, v, depth)
	case kind.Object:
		if !ty.IsObjectType() {
			return nil, wrongType(t, ty)
		}
		return objectToWire(*t.Object, v, depth)
	}
	return primitiveToWire(t, v)
}

func wrongType(t kind.Type, ty cty.Type) error {
	return fmt.Errorf("a %s is required, not %s", t, describeType(ty, false))
}

func primitiveToWire(t kind.Type, v cty.Value) (any, error) {
	want := ctyType(t, false)
	if !v.Type().Equals(want) {
		return nil, wrongType(t, v.Type())
	}
	switch t.Base {
	case kind.Bool:
		return v.True(), nil
	case kind.Number:
		return wholeNumber(v)
	case kind.Float:
		if err := functions.BoundNumber(v.AsBigFloat()); err != nil {
			return nil, err
		}
		f, _ := v.AsBigFloat().Float64()
		return f, nil
	case kind.Bytes:
		return base64.StdEncoding.DecodeString(v.AsString())
	}
	if t.Text {
		return cbor.ByteString(v.AsString()), nil
	}
	return v.AsString(), nil
}

func listToWire(elem kind.Type, v cty.Value, depth int) (any, error) {
	out := make([]any, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		w, err := toWire(elem, e, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func mapToWire(elem kind.Type, v cty.Value, depth int) (any, error) {
	out := make(map[string]any, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		w, err := toWire(elem, e, depth+1)
		if err != nil {
			return nil, fmt.Errorf("[%q]: %w", k.AsString(), err)
		}
		out[k.AsString()] = w
	}
	return out, nil
}

func objectToWire(s kind.Schema, v cty.Value, depth int) (any, error) {
	out := make(map[string]any, len(s.Attrs))
	for _, a := range s.Attrs {
		if !v.Type().HasAttribute(a.Name) || v.GetAttr(a.Name).IsNull() {
			continue
		}
		w, err := toWire(a.Type, v.GetAttr(a.Name), depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		out[a.Name] = w
	}
	return out, nil
}

// anyToWire sends a value whose type only the sender knows.
func anyToWire(v cty.Value, depth int) (any, error) {
	ty, anyType := v.Type(), kind.Type{Base: kind.Any}
	switch {
	case ty == cty.String:
		return v.AsString(), nil
	case ty == cty.Bool:
		return v.True(), nil
	case ty == cty.Number:
		return numberToWire(v.AsBigFloat())
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		return listToWire(anyType, v, depth)
	case ty.IsMapType() || ty.IsObjectType():
		return mapToWire(anyType, v, depth)
	}
	return nil, fmt.Errorf("%s cannot be sent to a host", describeType(ty, false))
}

// numberToWire is an int64 or a float64 if that is exact, else a decimal
// string.
func numberToWire(f *big.Float) (any, error) {
	if err := functions.BoundNumber(f); err != nil {
		return nil, err
	}
	if i, acc := f.Int64(); acc == big.Exact {
		return i, nil
	}
	if x, acc := f.Float64(); acc == big.Exact {
		return x, nil
	}
	return f.Text('g', -1), nil
}
