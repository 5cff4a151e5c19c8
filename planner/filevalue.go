package planner

import (
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Value is a cty value with its type, both as JSON.
type Value struct {
	Type []byte `cbor:"type"`
	JSON []byte `cbor:"json"`
}

// NewValue encodes a value that is wholly known and has no marks.
func NewValue(v cty.Value) (Value, error) {
	t, err := ctyjson.MarshalType(v.Type())
	if err != nil {
		return Value{}, err
	}
	b, err := ctyjson.Marshal(v, v.Type())
	return Value{Type: t, JSON: b}, err
}

// Cty decodes the value.
func (v Value) Cty() (cty.Value, error) {
	t, err := ctyjson.UnmarshalType(v.Type)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(v.JSON, t)
}

// fits says whether it can be decoded.
func (v Value) fits() bool {
	_, err := v.Cty()
	return err == nil
}
