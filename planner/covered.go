package planner

import (
	"fmt"
	"path"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// cover is an instance that manages many paths below its own.
type cover struct {
	claim
	has func(rel string) bool
}

// checkCovered finds blocks that are about a path which another one manages with all that is in
// its directory.
func (c *conflicts) checkCovered(m *machine) {
	covers := map[string]cover{}
	for _, thing := range sortedKeys(m.things) {
		at, isPath := thing.Path()
		for _, claimed := range m.things[thing] {
			if has := claimed.inst.covers(); isPath && claimed.whole && has != nil {
				covers[at] = cover{claimed, has}
			}
		}
	}
	if len(covers) == 0 {
		return
	}
	for _, thing := range sortedKeys(m.things) {
		at, isPath := thing.Path()
		if !isPath {
			continue
		}
		for dir := path.Dir(at); ; dir = path.Dir(dir) {
			if by, ok := covers[dir]; ok {
				c.checkIn(by, dir, at, m.things[thing])
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
}

// checkIn compares the claims of one path with who may manage it with all that is in dir.
func (c *conflicts) checkIn(by cover, dir, at string, claims []claim) {
	rel := at[len(dir):]
	if dir != "/" {
		rel = rel[1:]
	}
	if !by.has(rel) {
		return
	}
	for _, claimed := range claims {
		if claimed.inst == by.inst {
			continue
		}
		c.note(by.claim, claimed, claimed.inst, kind.PathThing(at), howCovered, func(f *conflict) *hcl.Diagnostic {
			return &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: &f.b.block.Range,
				Detail: fmt.Sprintf("%s manages what is in %s on %s, and with it %s, which is what %s is about. Each would undo what the other did at every apply. Name %q in exclude of the first, or remove one of them.", f.side(f.as), dir, f.where(), at, f.side(f.bs), "/"+rel),
			}
		})
	}
}

// isCovering reports whether the blocks of a kind manage many paths below their own.
func isCovering(def *kind.Kind) bool {
	if def == nil {
		return false
	}
	_, ok := def.Tree()
	return ok
}

// covers tells which paths below its own an instance manages; nil if it manages none of them.
func (i *instance) covers() func(rel string) bool {
	if i.block() == nil || i.isCall() || i.isContext() || i.wire == nil {
		return nil
	}
	covering, ok := i.block().Def.New().(resource.Covering)
	if !ok {
		return nil
	}
	return covering.Covers(i.wire)
}
