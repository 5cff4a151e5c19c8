package resource

import (
	"fmt"
	"math/rand/v2"
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
			if got := slices.Collect(v.effects(thing)); len(got) != 1 {
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
		if got := slices.Collect(v.effects(thing)); len(got) != want {
			t.Errorf("%s: %d effects, want %d", thing, len(got), want)
		}
	}
	o.add("file.a", 1, nil, made("/again"))
	if got := slices.Collect(v.effects("path:/again")); len(got) != 1 {
		t.Errorf("the same attempt a second time: %d effects, want 1", len(got))
	}
}

// A view shows what the walk through all predecessors shows, whatever is asked for and
// in whatever order actions come, or come again.
func TestViewLearnsWhatItNeeds(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	things := []kind.Thing{"path:/a", "path:/b", "path:/c"}
	for range 300 {
		o, after := newOverlay(), map[string][]string{}
		name := func(i int) string { return fmt.Sprintf("file.f%d", i) }
		for range 30 {
			i := random.IntN(20)
			after[name(i)] = nil
			for range random.IntN(3) {
				if i > 0 {
					after[name(i)] = append(after[name(i)], name(random.IntN(i)))
				}
			}
			var effects []Effect
			for _, thing := range things[:random.IntN(len(things)+1)] {
				effects = append(effects, Effect{Thing: thing, Entry: &Entry{Type: TypeFile, Target: kind.Text(name(i))}})
			}
			o.add(name(i), 0, after[name(i)], effects)
		}
		start := []string{name(random.IntN(20)), name(random.IntN(20))}
		v := &view{o: o, after: start}
		for range 5 {
			thing := things[random.IntN(len(things))]
			var got, want []string
			for e := range v.effects(thing) {
				got = append(got, string(e.Entry.Target))
			}
			for _, n := range o.writers[thing] {
				if comesBefore(after, start, n.address, o) {
					want = append(want, n.address)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("of %s it sees %q, want %q", thing, got, want)
			}
		}
	}
}

// comesBefore looks for an action among all predecessors of some.
func comesBefore(after map[string][]string, start []string, address string, o *overlay) bool {
	for _, a := range start {
		if o.nodes[a] != nil && (a == address || comesBefore(after, after[a], address, o)) {
			return true
		}
	}
	return false
}
