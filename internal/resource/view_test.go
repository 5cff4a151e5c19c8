package resource

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// What a check sees does not change while other checks bring the effects of the
// same actions of another context again.
func TestViewWhileOthersAddDeltas(t *testing.T) {
	made := func(p string) []Effect {
		return []Effect{{Thing: kind.PathThing(p), Entry: &Entry{Type: TypeDirectory}}}
	}
	deltas := []Delta{{Address: "below", After: []string{"above"}, Effects: made("/a/b")}, {Address: "above", Effects: made("/a")}}
	o := newOverlay()
	o.addDeltas(deltas)
	v := &view{o: o, after: []string{"below"}}
	for _, when := range []string{"before", "after"} {
		for _, thing := range []kind.Thing{"path:/a", "path:/a/b"} {
			if got := v.effects(thing); len(got) != 1 {
				t.Errorf("%s the effects come again, %s has %d effects, want 1", when, thing, len(got))
			}
		}
		if got := v.things(kind.ThingsOf(kind.PathOf)); !slices.Equal(got, []kind.Thing{"path:/a", "path:/a/b"}) {
			t.Errorf("%s the effects come again, the check sees %q", when, got)
		}
		o.addDeltas(deltas)
	}
	// An action that is checked again and makes nothing then has no effects.
	for range v.last(kind.ThingsOf(kind.PathOf)) {
		o.add("below", 0, []string{"above"}, nil)
	}
	if got := v.things(kind.ThingsOf(kind.PathOf)); !slices.Equal(got, []kind.Thing{"path:/a"}) {
		t.Errorf("in the end the check sees %q, want /a alone", got)
	}
}

// A check that is asked again may end before the first one does. What the first one
// found does not count any more, whether it arrives as a check or from another
// context.
func TestAnEarlierAttemptCountsNoMore(t *testing.T) {
	made := func(path string) []Effect {
		return []Effect{{Thing: kind.PathThing(path), Entry: &Entry{Type: TypeFile}}}
	}
	o := newOverlay()
	o.add("file.a", 1, nil, made("/new"))
	o.add("file.a", 0, nil, made("/old"))
	o.addDeltas([]Delta{{Address: "file.a", Attempt: 0, Effects: made("/older")}})
	v := &view{o: o, after: []string{"file.a"}}
	for thing, want := range map[kind.Thing]int{"path:/new": 1, "path:/old": 0, "path:/older": 0} {
		if got := v.effects(thing); len(got) != want {
			t.Errorf("%s: %d effects, want %d", thing, len(got), want)
		}
	}
	o.add("file.a", 1, nil, made("/again"))
	if got := v.effects("path:/again"); len(got) != 1 {
		t.Errorf("the same attempt a second time: %d effects, want 1", len(got))
	}
}
