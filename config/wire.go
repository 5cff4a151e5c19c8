package config

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// CtyType is the type of a value of the language for a kind's attribute. Bytes
// are base64 strings.
func CtyType(t kind.Type) cty.Type { return cty.DynamicPseudoType }

// ArgsType is the object type of what a block may set.
func ArgsType(s kind.Schema) cty.Type { return cty.DynamicPseudoType }

// ResultsType is the object type of what a block exposes: its arguments and
// its results.
func ResultsType(k *kind.Kind) cty.Type { return cty.DynamicPseudoType }

// ToWire makes the wire form of a block's arguments. Null arguments are left
// out. unknown names those not wholly known, which are left out too; sensitive
// names those that hold a mark.
func ToWire(s kind.Schema, v cty.Value) (wire map[string]any, unknown, sensitive []string, err error) {
	return nil, nil, nil, nil
}

// FromWire makes a value of what a host sent. It trusts nothing: depth, count
// and exponents are bounded, it never panics, and text that is not UTF-8 gets
// U+FFFD in place of what is not.
func FromWire(t kind.Type, v any) (cty.Value, error) { return cty.DynamicVal, nil }
