package planner_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// leftAs is a record that has of each thing one attribute as an apply left it, unless that is
// "", and how another one would have left it whose end nobody saw.
type leftAs struct {
	fakePrior
	attr, value string
	unseen      [][]resource.Trait
}

func (l leftAs) Thing(string, kind.Thing) map[string]string {
	mac := hmac.New(sha256.New, []byte("salt"))
	mac.Write(resource.NewTrait(l.attr, nil, l.value).Sum)
	return map[string]string{l.attr: "k1:" + hex.EncodeToString(mac.Sum(nil))[:32]}
}

func (l leftAs) Left(machine string, thing kind.Thing) (map[string]string, [][]resource.Trait) {
	if l.value == "" {
		return nil, l.unseen
	}
	return l.Thing(machine, thing), l.unseen
}

// What by its content, or its number, is not what an apply left is somebody else's: its host is
// asked once more, and told so, before what comes after it is asked about.
func TestWhatIsAnothersByNowStays(t *testing.T) {
	for name, c := range map[string]struct {
		r          planner.Recorded
		attr, what string
		thing      kind.Thing
		stays      bool
	}{
		"a file as it was left":         {made(onA, "/d/x"), "content", "a", "path:/d/x", false},
		"a file of other content":       {made(onA, "/d/x"), "content", "b", "path:/d/x", true},
		"a file of other permissions":   {made(onA, "/d/x"), "mode", "b", "path:/d/x", false},
		"a file that was there before":  {made(onA, "/d/x", backedUp), "content", "b", "path:/d/x", true},
		"an account of another number":  {made(onA, "/d/x", userNamed("app")), "uid", "b", "user:app", true},
		"an account with another shell": {made(onA, "/d/x", userNamed("app")), "shell", "b", "user:app", false},
		"an account that is as it was":  {made(onA, "/d/x", userNamed("app")), "uid", "a", "user:app", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			withRecord(leftAs{fakePrior{"file.x": c.r, "directory.d": made(onA, "/d", ofKind("directory"))}, c.attr, "a", nil})(&o)
			p := planner.New(load(t, twoHosts), o)
			var told []*resource.End
			w, after := &world{}, false
			for !p.Finished() {
				for _, s := range p.Next() {
					r := w.answer(s)
					if s.Address == "file.x" {
						told = append(told, s.End)
						r.Change.Writes, r.Change.Traits = []kind.Thing{c.thing}, []resource.Trait{resource.NewTrait(c.attr, nil, c.what)}
						if len(s.End.Differ) > 0 {
							r = stays("Another's", "It stays.")
						}
					}
					p.Done(s, r)
					after = s.Address == "directory.d"
				}
			}
			if last := told[len(told)-1]; (len(last.Differ) == 1 && last.Differ[0] == c.attr) != c.stays || len(told) != len(last.Differ)+1 {
				t.Errorf("its host was asked %d times, and told that %v differs", len(told), last.Differ)
			}
			if a := p.Plan().Action("file.x"); (a.Op == planner.Forget) != c.stays {
				t.Errorf("it is %s, want that it stays: %v", a.Op, c.stays)
			}
			if _, path := c.thing.Path(); path && !after {
				t.Error("what comes after it was not asked about last")
			}
		})
	}
}

// A record that does not tell how an apply left a thing, or whose end nobody saw, is no reason
// to take it away, if a block said what it is.
func TestWhatTheRecordDoesNotTellStays(t *testing.T) {
	says := func(arg string) func(*planner.Recorded) {
		return func(r *planner.Recorded) { r.Args = map[string]string{arg: "x"} }
	}
	unseen := func(values ...string) [][]resource.Trait {
		var left []resource.Trait
		for _, v := range values {
			left = append(left, resource.NewTrait("content", nil, v))
		}
		return [][]resource.Trait{left}
	}
	for name, c := range map[string]struct {
		r                 planner.Recorded
		left, attr, found string
		unseen            [][]resource.Trait
		stays, untold     bool
	}{
		"a file with content":                      {made(onA, "/x", says("content")), "", "content", "a", nil, true, true},
		"a file with a source":                     {made(onA, "/x", says("source")), "", "content", "a", nil, true, true},
		"a file of which no block said it":         {made(onA, "/x", says("mode")), "", "content", "a", nil, false, false},
		"an account":                               {made(onA, "/x", userNamed("app")), "", "uid", "a", nil, true, true},
		"what is as it was, though cut short":      {made(onA, "/x", says("content")), "a", "content", "a", unseen(), false, false},
		"what may be of the one that was cut":      {made(onA, "/x", says("content")), "a", "content", "b", unseen(), true, true},
		"what is as that would have left it":       {made(onA, "/x", says("content")), "a", "content", "b", unseen("b"), false, false},
		"what is as none would have left it":       {made(onA, "/x", says("content")), "a", "content", "c", unseen("b"), true, true},
		"what is as that would have left it alone": {made(onA, "/x", says("content")), "", "content", "b", unseen("b"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			withRecord(leftAs{fakePrior{"file.x": c.r}, c.attr, c.left, c.unseen})(&o)
			p := planner.New(load(t, twoHosts), o)
			var told []*resource.End
			w := &world{}
			for !p.Finished() {
				for _, s := range p.Next() {
					r := w.answer(s)
					if s.Address == "file.x" {
						told = append(told, s.End)
						r.Change.Writes, r.Change.Traits = []kind.Thing{c.r.Thing}, []resource.Trait{resource.NewTrait(c.attr, nil, c.found)}
						if len(s.End.Differ) > 0 {
							r = stays("Another's", "It stays.")
						}
					}
					p.Done(s, r)
				}
			}
			if last := told[len(told)-1]; (len(last.Differ) > 0) != c.stays || last.Untold != c.untold {
				t.Errorf("its host was told that %v differs, untold is %v", last.Differ, last.Untold)
			}
			if a := p.Plan().Action("file.x"); (a.Op == planner.Forget) != c.stays {
				t.Errorf("it is %s, want that it stays: %v", a.Op, c.stays)
			}
		})
	}
}
