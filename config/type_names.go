package config

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// wantedValue describes what an argument takes, for messages.
func wantedValue(t kind.Type) string {
	switch t.Base {
	case kind.Number:
		return "a whole number"
	case kind.Float:
		return "a number"
	case kind.Bool:
		return "true or false"
	case kind.Bytes:
		return "base64, as base64encode() and filebase64() make it"
	case kind.List:
		return elementsOf("list", *t.Elem)
	case kind.Map:
		return elementsOf("map", *t.Elem)
	case kind.Any:
		return "a value"
	case kind.Object:
		return "an object"
	}
	return "a string"
}

// plainValue describes what an argument of a plain type takes, in the same words.
func plainValue(ty cty.Type) string {
	if ty == cty.Bool {
		return wantedValue(kind.Type{Base: kind.Bool})
	}
	return "a " + ty.FriendlyName()
}

func elementsOf(what string, elem kind.Type) string {
	switch elem.Base {
	case kind.String:
		return fmt.Sprintf("a %s of strings", what)
	case kind.Number:
		return fmt.Sprintf("a %s of whole numbers", what)
	}
	return "a " + what
}

// wireName describes a value that a host sent, for messages.
func wireName(v any) string {
	switch v.(type) {
	case bool:
		return "true or false"
	case int, int64, uint64, float32, float64:
		return "a number"
	case string, []byte, cbor.ByteString:
		return "a text"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "a map"
	}
	return "something of another form"
}
