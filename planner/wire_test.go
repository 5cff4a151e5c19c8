package planner

import (
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// Bytes that were put back into an answer and bytes that came with it are of two types
// in Go. They are compared as they are on the wire.
func TestWireValuesAreComparedByTheirBytes(t *testing.T) {
	same := &resource.Change{Op: resource.Update, Before: map[string]any{"path": []byte("/x")}, After: map[string]any{"path": cbor.ByteString("/x")}}
	other := &resource.Change{Op: resource.Update, Before: map[string]any{"path": []byte("/x")}, After: map[string]any{"path": cbor.ByteString("/y")}}
	if !sameAsKnown(same) || sameAsKnown(other) {
		t.Errorf("the same is %v and something else %v as it is known, want true and false", sameAsKnown(same), sameAsKnown(other))
	}
	i := &instance{}
	if i.change = same; len(changedAttrs(i)) != 0 {
		t.Errorf("%q changes, want nothing", changedAttrs(i))
	}
	if i.change = other; len(changedAttrs(i)) != 1 {
		t.Errorf("%q changes, want the path", changedAttrs(i))
	}
	for name, c := range map[string]struct {
		a, b any
		want bool
	}{
		"nothing":          {nil, nil, true},
		"nothing and text": {nil, "", false},
		"bytes":            {[]byte("x"), cbor.ByteString("x"), true},
		"other bytes":      {[]byte("x"), cbor.ByteString("y"), false},
		"lists":            {[]any{[]byte("x")}, []any{cbor.ByteString("x")}, true},
		"numbers":          {int64(1), uint64(1), true},
	} {
		if got := alike(c.a, c.b); got != c.want {
			t.Errorf("%s: alike is %v, want %v", name, got, c.want)
		}
	}
}

// A path is the same whether a host has just answered it or a plan file has kept it: what is told to
// stay would differ otherwise, and the plan file would not hold.
func TestPathsOfAnswersAndOfPlanFiles(t *testing.T) {
	for _, home := range []any{"/home/a", []byte("/home/a"), cbor.ByteString("/home/a")} {
		var noted []string
		notePaths(home, "", func(at string) { noted = append(noted, at) })
		notePaths([]any{home}, "", func(at string) { noted = append(noted, at) })
		if !slices.Equal(noted, []string{"/home/a", "/home/a"}) {
			t.Errorf("%T has the paths %q", home, noted)
		}
	}
}
