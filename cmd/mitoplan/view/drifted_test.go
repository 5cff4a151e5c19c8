package view

import (
	"testing"

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
		if got := d.changedOutside(test.op); got != test.want {
			t.Errorf("%v, %v: %q, want %q", test.changed, test.op, got, test.want)
		}
	}
}
