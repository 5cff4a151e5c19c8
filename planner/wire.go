package planner

import (
	"bytes"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// wireTexts are the strings in a wire value: itself, or its elements.
func wireTexts(v any) []string {
	if text, isText := resource.WireText(v); isText {
		return []string{text}
	}
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		out = append(out, wireTexts(e)...)
	}
	return out
}

// wireText is a text or bytes among wire values, "" for all others.
func wireText(v any) string {
	text, _ := resource.WireText(v)
	return text
}

// shown leaves the values of secrets out. Nobody changes the result: it is the values
// themselves if there are none.
func shown(values map[string]any, sensitive []string) map[string]any {
	if !slices.ContainsFunc(sensitive, func(name string) bool { return values[name] != nil }) {
		return values
	}
	out := maps.Clone(values)
	for _, k := range sensitive {
		if _, ok := out[k]; ok {
			out[k] = nil
		}
	}
	return out
}

// withSecrets adds the arguments that are secret by nature to those that hold
// a sensitive value.
func withSecrets(s kind.Schema, sensitive []string, wire map[string]any, unknown []string) []string {
	for _, a := range s.Attrs {
		if a.Secret && (wire[a.Name] != nil || contains(unknown, a.Name)) && !contains(sensitive, a.Name) {
			sensitive = append(sensitive, a.Name)
		}
	}
	return sensitive
}

// canonicalMode encodes equal values to equal bytes.
var canonicalMode = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

func sameWire(a, b any) bool {
	if b == nil {
		return false
	}
	x, errX := canonicalMode.Marshal(a)
	y, errY := canonicalMode.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// alike reports whether two wire values are the same, nil included.
func alike(a, b any) bool { return a == nil && b == nil || sameWire(a, b) }
