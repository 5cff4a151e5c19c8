package resource

import (
	"slices"
	"testing"
)

// What a check sees stays while other checks bring the same actions of another
// context again.
func TestViewWhileOthersAddDeltas(t *testing.T) {
	made := func(p string) []Effect { return []Effect{{Thing: pathThing(p), Entry: &Entry{Type: Folder}}} }
	deltas := []Delta{{Address: "below", After: []string{"above"}, Effects: made("/a/b")}, {Address: "above", Effects: made("/a")}}
	o := newOverlay()
	o.addDeltas(deltas)
	v := &view{o: o, after: []string{"below"}}
	for _, when := range []string{"before", "after"} {
		for _, thing := range []string{"path:/a", "path:/a/b"} {
			if got := v.effects(thing); len(got) != 1 {
				t.Errorf("%s they come again, %s has %d effects", when, thing, len(got))
			}
		}
		if got := v.things("path:"); !slices.Equal(got, []string{"path:/a", "path:/a/b"}) {
			t.Errorf("%s they come again, it sees %q", when, got)
		}
		o.addDeltas(deltas)
	}
	// One that is checked anew and makes nothing is seen with nothing.
	for range v.last("path:") {
		o.add("below", []string{"above"}, nil)
	}
	if got := v.things("path:"); !slices.Equal(got, []string{"path:/a"}) {
		t.Errorf("in the end it sees %q", got)
	}
}
