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

// leftAs is a record that has of each thing one attribute as an apply left it.
type leftAs struct {
	fakePrior
	attr, value string
}

func (l leftAs) Thing(string, kind.Thing) map[string]string {
	mac := hmac.New(sha256.New, []byte("salt"))
	mac.Write(resource.NewTrait(l.attr, nil, l.value).Sum)
	return map[string]string{l.attr: "k1:" + hex.EncodeToString(mac.Sum(nil))[:32]}
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
			withRecord(leftAs{fakePrior{"file.x": c.r, "directory.d": made(onA, "/d", ofKind("directory"))}, c.attr, "a"})(&o)
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
