package view

import (
	"cmp"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/planner"
)

// A change from outside is described in words, even for a file that several blocks
// share, and for a record that does not have the attributes.
func TestChangedOutsideInWords(t *testing.T) {
	for _, test := range []struct {
		changed []string
		op      planner.Op
		want    string
	}{
		{[]string{"type"}, planner.Create, "removed"},
		{[]string{"type", "content"}, planner.Create, "removed"},
		{[]string{"type"}, planner.Delete, "made"},
		{[]string{"type", "mode"}, planner.Update, "replaced by something else"},
		{[]string{"content", "mode"}, planner.Update, "content, mode"},
		{nil, planner.Update, "the record does not tell what"},
	} {
		d := Drift{Changed: test.changed}
		if got := d.changedOutside(&Action{op: test.op}); got != test.want {
			t.Errorf("%v, %v: %q, want %q", test.changed, test.op, got, test.want)
		}
	}
}

// What was changed outside is named as the difference shows it: by paths, or by the attribute in
// which an argument of the block shows. Where the configuration is newer, too, not all that differs
// was changed outside, and the argument is named.
func TestChangedOutsideAsItIsShown(t *testing.T) {
	along := func(paths ...string) *Along {
		out := &Along{}
		for _, p := range paths {
			out.Entries = append(out.Entries, AlongEntry{Path: p})
		}
		return out
	}
	for _, test := range []struct {
		kind, changed string
		before, after map[string]any
		along         *Along
		origin, want  string
	}{
		{kind: "archive", changed: "source", along: along("README"), want: "README"},
		{kind: "archive", changed: "source", along: along("README"), origin: planner.OriginBoth, want: "source"},
		{kind: "directory_sync", changed: "delete", along: along("extra.txt", "d/more"), want: "extra.txt and d/more"},
		{kind: "directory_sync", changed: "mode", before: map[string]any{"mode": "0600"}, after: map[string]any{"mode": "0600"}, along: along("a"), want: "a"},
		{kind: "directory", changed: "recurse", along: along("x"), want: "x"},
		{kind: "timezone", changed: "name", before: map[string]any{"zone": "UTC"}, after: map[string]any{"zone": "Europe/Berlin"}, want: "zone"},
		{kind: "alternatives", changed: "state", before: map[string]any{"mode": "auto", "choice": "/a"}, after: map[string]any{"mode": "manual", "choice": "/a"}, want: "mode"},
		{kind: "hostname", changed: "name", before: map[string]any{"running": "a"}, after: map[string]any{"running": "b"}, want: "running"},
		{kind: "line", changed: "line", before: map[string]any{"content": "a"}, after: map[string]any{"content": "b"}, want: "line"},
		{kind: "file", changed: "mode", before: map[string]any{"mode": "0600"}, after: map[string]any{"mode": "0644"}, want: "mode"},
	} {
		def, ok := kinds.Lookup(test.kind)
		if !ok {
			t.Fatalf("there is no kind %s", test.kind)
		}
		a := &Action{Before: test.before, After: test.after, Along: test.along, op: planner.Update}
		a.define(&def)
		d := Drift{Changed: []string{test.changed}, Origin: cmp.Or(test.origin, planner.OriginOutside)}
		if got := d.changedOutside(a); got != test.want {
			t.Errorf("%s of %s: %q, want %q", test.changed, test.kind, got, test.want)
		}
	}
}
