package config

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Bounds on what one value of a host may hold.
const (
	maxWireValues = 1 << 20
	maxWireBytes  = 64 << 20
	maxDigits     = 1024
)

// FromWire makes a value from what a host sent, as CBOR decodes it into any. The host
// is not trusted: depth, count, size and exponents are bounded, and FromWire never
// panics. Bytes that are not UTF-8 become U+FFFD.
func FromWire(t kind.Type, v any) (cty.Value, error) {
	d := fromWire{values: maxWireValues, bytes: maxWireBytes}
	return d.value(t, v, 0)
}

// fromWire counts how many values and bytes may still follow.
type fromWire struct{ values, bytes int }

func (d *fromWire) value(t kind.Type, v any, depth int) (cty.Value, error) {
	if d.values--; d.values < 0 {
		return cty.NilVal, fmt.Errorf("it holds more than %d values", maxWireValues)
	}
	if depth > maxDepth {
		return cty.NilVal, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	if v == nil {
		return cty.NullVal(CtyType(t)), nil
	}
	switch t.Base {
	case kind.Bool:
		if b, ok := v.(bool); ok {
			return cty.BoolVal(b), nil
		}
		return cty.NilVal, unexpected(t, v)
	case kind.Number:
		return d.number(t, v, true)
	case kind.Float:
		return d.number(t, v, false)
	case kind.String:
		return d.text(t, v)
	case kind.Bytes:
		return d.binary(t, v)
	case kind.List:
		return d.list(t, v, depth)
	case kind.Map:
		return d.dict(t, v, depth)
	case kind.Object:
		return d.object(t, v, depth)
	}
	return d.any(v, depth)
}

func unexpected(t kind.Type, v any) error {
	return fmt.Errorf("%s is required, and %s came", describeType(CtyType(t), false), wireName(v))
}

func (d *fromWire) count(n int) error {
	if d.bytes -= n; d.bytes < 0 {
		return fmt.Errorf("it holds more than %d bytes of text", maxWireBytes)
	}
	return nil
}

func (d *fromWire) text(t kind.Type, v any) (cty.Value, error) {
	s, ok := textOf(v)
	if !ok {
		return cty.NilVal, unexpected(t, v)
	}
	if err := d.count(len(s)); err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(strings.ToValidUTF8(s, "\uFFFD")), nil
}

func textOf(v any) (string, bool) {
	switch s := v.(type) {
	case string:
		return s, true
	case []byte:
		return string(s), true
	case cbor.ByteString:
		return string(s), true
	}
	return "", false
}

func (d *fromWire) binary(t kind.Type, v any) (cty.Value, error) {
	s, ok := textOf(v)
	if !ok {
		return cty.NilVal, unexpected(t, v)
	}
	if err := d.count(len(s)); err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

func (d *fromWire) number(t kind.Type, v any, whole bool) (cty.Value, error) {
	f, err := numberOf(v)
	if err != nil {
		return cty.NilVal, err
	}
	if f == nil {
		return cty.NilVal, unexpected(t, v)
	}
	if whole && !f.IsInt() {
		return cty.NilVal, fmt.Errorf("a whole number is required")
	}
	return cty.NumberVal(f), nil
}

// numberOf is the number, or nil if the value is not one.
func numberOf(v any) (*big.Float, error) {
	switch n := v.(type) {
	case int64:
		return new(big.Float).SetInt64(n), nil
	case uint64:
		return new(big.Float).SetUint64(n), nil
	case int:
		return new(big.Float).SetInt64(int64(n)), nil
	case float32:
		return floatOf(float64(n))
	case float64:
		return floatOf(n)
	case string:
		return decimalOf(n)
	}
	return nil, nil
}

func floatOf(f float64) (*big.Float, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("the number is out of bounds")
	}
	return new(big.Float).SetFloat64(f), nil
}

// decimalOf parses a decimal number. Its exponent is checked first, because a text
// of eleven bytes can name a number that takes minutes to print.
func decimalOf(s string) (*big.Float, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	if len(mantissa) > maxDigits || len(exponent) > 5 || strings.Trim(mantissa+exponent, "0123456789+-.") != "" {
		return nil, fmt.Errorf("the text is not a number, or one out of bounds")
	}
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	if err != nil {
		return nil, fmt.Errorf("the text is not a number, or one out of bounds")
	}
	return f, functions.BoundNumber(f)
}

func (d *fromWire) elements(t kind.Type, items []any, depth int) ([]cty.Value, error) {
	if len(items) > d.values {
		return nil, fmt.Errorf("it holds more than %d values", maxWireValues)
	}
	out := make([]cty.Value, len(items))
	for i, item := range items {
		v, err := d.value(t, item, depth+1)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out[i] = v
	}
	return out, nil
}

func (d *fromWire) list(t kind.Type, v any, depth int) (cty.Value, error) {
	items, ok := v.([]any)
	if !ok {
		return cty.NilVal, unexpected(t, v)
	}
	elems, err := d.elements(*t.Elem, items, depth)
	if err != nil {
		return cty.NilVal, err
	}
	ty := CtyType(t)
	switch {
	case ty == cty.DynamicPseudoType:
		return cty.TupleVal(elems), nil
	case len(elems) == 0:
		return cty.ListValEmpty(ty.ElementType()), nil
	}
	return cty.ListVal(elems), nil
}

func (d *fromWire) dict(t kind.Type, v any, depth int) (cty.Value, error) {
	attrs, err := d.members(*t.Elem, v, depth)
	if err != nil {
		return cty.NilVal, err
	}
	if attrs == nil {
		return cty.NilVal, unexpected(t, v)
	}
	ty := CtyType(t)
	switch {
	case ty == cty.DynamicPseudoType:
		return cty.ObjectVal(attrs), nil
	case len(attrs) == 0:
		return cty.MapValEmpty(ty.ElementType()), nil
	}
	return cty.MapVal(attrs), nil
}

// members are the values of a map, or nil if the value is not a map.
func (d *fromWire) members(elem kind.Type, v any, depth int) (map[string]cty.Value, error) {
	pairs, ok := pairsOf(v)
	if !ok {
		return nil, nil
	}
	if len(pairs) > d.values {
		return nil, fmt.Errorf("it holds more than %d values", maxWireValues)
	}
	out := make(map[string]cty.Value, len(pairs))
	for key, item := range pairs {
		if err := d.count(len(key)); err != nil {
			return nil, err
		}
		val, err := d.value(elem, item, depth+1)
		if err != nil {
			return nil, err
		}
		out[strings.ToValidUTF8(key, "\uFFFD")] = val
	}
	return out, nil
}

func pairsOf(v any) (map[string]any, bool) {
	switch m := v.(type) {
	case map[string]any:
		return m, true
	case map[any]any:
		out := make(map[string]any, len(m))
		for k, item := range m {
			key, ok := textOf(k)
			if !ok {
				return nil, false
			}
			out[key] = item
		}
		return out, true
	}
	return nil, false
}

func (d *fromWire) object(t kind.Type, v any, depth int) (cty.Value, error) {
	pairs, ok := pairsOf(v)
	if !ok {
		return cty.NilVal, unexpected(t, v)
	}
	out := make(map[string]cty.Value, len(t.Object.Attrs))
	for _, a := range t.Object.Attrs {
		val, err := d.value(a.Type, pairs[a.Name], depth+1)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %w", a.Name, err)
		}
		out[a.Name] = val
	}
	return cty.ObjectVal(out), nil
}

// any makes a value whose type follows from what was sent.
func (d *fromWire) any(v any, depth int) (cty.Value, error) {
	anyType := kind.Type{Base: kind.Any}
	switch x := v.(type) {
	case bool:
		return cty.BoolVal(x), nil
	case string, []byte, cbor.ByteString:
		return d.text(kind.Type{Base: kind.String}, v)
	case []any:
		elems, err := d.elements(anyType, x, depth)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.TupleVal(elems), nil
	}
	if f, err := numberOf(v); err != nil || f != nil {
		if err != nil {
			return cty.NilVal, err
		}
		return cty.NumberVal(f), nil
	}
	attrs, err := d.members(anyType, v, depth)
	if err != nil {
		return cty.NilVal, err
	}
	if attrs == nil {
		return cty.NilVal, fmt.Errorf("%s came, which is no value", wireName(v))
	}
	return cty.ObjectVal(attrs), nil
}
