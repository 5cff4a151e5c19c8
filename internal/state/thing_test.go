package state

import (
	"maps"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func applied(thing kind.Thing, state map[string]string, address string) entry {
	return entry{Done: address, Outcome: &Outcome{Result: Applied, Instance: &Instance{Machine: "local", Thing: thing}, State: state}}
}

// A thing is known as its blocks left it, and the last of them counts. What no
// block manages any more is forgotten, for whatever reason.
func TestThingsAreAsTheirBlocksLeaveThem(t *testing.T) {
	s := New()
	fold := func(e entry) {
		e.Begin = []Intent{{Address: e.Done}}
		s.fold(e)
	}
	fold(applied("path:/x", map[string]string{"content": "1", "mode": "m"}, "file.x"))
	fold(applied("path:/x", map[string]string{"content": "2", "line a": "l"}, "line.x"))
	want := map[string]string{"content": "2", "mode": "m", "line a": "l"}
	if got := s.Thing("local", "path:/x").State; !maps.Equal(got, want) {
		t.Errorf("the state is %v, want %v", got, want)
	}
	fold(applied("path:/x", map[string]string{"content": "3", "line b": "l"}, "line.x")) // it edits another line
	want = map[string]string{"content": "3", "mode": "m", "line b": "l"}
	if got := s.Thing("local", "path:/x").State; !maps.Equal(got, want) {
		t.Errorf("the state is %v, want %v", got, want)
	}
	fold(applied("path:/y", map[string]string{"mode": "n"}, "file.x")) // file.x manages another path now
	if got := s.Thing("local", "path:/x"); !maps.Equal(got.State, map[string]string{"content": "3", "line b": "l"}) || len(got.By) != 1 {
		t.Errorf("the thing is %+v, want the attributes that are left", got)
	}
	fold(entry{Done: "line.x", Outcome: &Outcome{Result: Applied}}) // line.x manages nothing now
	if s.Thing("local", "path:/x") != nil || s.Thing("local", "path:/y") == nil {
		t.Errorf("the things are %v, want path:/y alone", s.Things)
	}
	delete(s.Instances, "file.x") // as somebody takes it out of the file
	s.tidyThings()
	if len(s.Things) > 0 {
		t.Errorf("the things are %v, want none", s.Things)
	}
}

// If nobody saw the end of an action, the intent keeps what was found before it.
func TestWhatWasBegunIsKnownByItsThing(t *testing.T) {
	s := New()
	s.fold(entry{Begin: []Intent{{Address: "file.x", Machine: "local", Thing: "path:/x", Found: map[string]string{"content": "1"}}, {Address: "file.none", Machine: "local"}}})
	s.settle()
	if got := s.Begun("local", "path:/x"); len(got) != 1 || got[0]["content"] != "1" {
		t.Errorf("begun are %v, want one with the content 1", got)
	}
	if got := s.Begun("local", ""); got != nil {
		t.Errorf("begun of no thing are %v, want none", got)
	}
	if got := slices.Collect(maps.Keys(s.Unanswered)); len(got) != 2 {
		t.Errorf("unanswered are %q, want 2", got)
	}
}
