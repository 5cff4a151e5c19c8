package config

import (
	"fmt"
	"math/big"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// CtyType is the type of a value of the language for a kind's attribute. Bytes
// are base64 strings; what holds an any is of any type, since its elements may
// differ.
func CtyType(t kind.Type) cty.Type { return ctyType(t, false) }

// conversionType is CtyType with the attributes of objects optional.
func conversionType(t kind.Type) cty.Type { return ctyType(t, true) }

func ctyType(t kind.Type, optional bool) cty.Type {
	switch t.Base {
	case kind.String, kind.Bytes:
		return cty.String
	case kind.Number, kind.Float:
		return cty.Number
	case kind.Bool:
		return cty.Bool
	case kind.List, kind.Map:
		elem := ctyType(*t.Elem, optional)
		if elem.HasDynamicTypes() {
			return cty.DynamicPseudoType
		}
		if t.Base == kind.List {
			return cty.List(elem)
		}
		return cty.Map(elem)
	case kind.Object:
		return objectType(*t.Object, optional)
	}
	return cty.DynamicPseudoType
}

func objectType(s kind.Schema, optional bool) cty.Type {
	attrs := make(map[string]cty.Type, len(s.Attrs))
	var may []string
	for _, a := range s.Attrs {
		attrs[a.Name] = ctyType(a.Type, optional)
		if !a.Required {
			may = append(may, a.Name)
		}
	}
	if optional {
		return cty.ObjectWithOptionalAttrs(attrs, may)
	}
	return cty.Object(attrs)
}

func wholeNumber(v cty.Value) (int64, error) {
	f := v.AsBigFloat()
	if err := functions.BoundNumber(f); err != nil {
		return 0, err
	}
	i, acc := f.Int64()
	if acc != big.Exact {
		if f.IsInt() {
			return 0, fmt.Errorf("it does not fit in 64 bits")
		}
		return 0, fmt.Errorf("it has a fraction")
	}
	return i, nil
}
