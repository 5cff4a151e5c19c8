package planner

import (
	"fmt"
	"sort"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// checkClaims finds blocks that cannot all have their way with one thing.
func (p *Planner) checkClaims() {
	p.conflicts = map[[2]*instance]bool{}
	parts := &resource.Parts{}
	for _, name := range sortedKeys(p.machines) {
		m := p.machines[name]
		for _, thing := range sortedKeys(m.things) {
			p.checkThing(thing, m.things[thing], parts)
		}
	}
}

// checkThing finds two owners of the whole of a thing, edits that the owner
// undoes, edits that undo each other, and blocks that disagree on who may use
// it. Edits that agree are in order; see orderEdits.
func (p *Planner) checkThing(thing string, claims []claim, parts *resource.Parts) {
	if len(claims) < 2 {
		return
	}
	var owner *claim
	var edits []*edit
	for k, c := range claims {
		switch {
		case !c.whole:
			edits = append(edits, p.newEdit(c, parts))
		case owner == nil:
			owner = &claims[k]
		default:
			p.claimConflict(*owner, c, thing, "Each would undo what the other did at every apply. Remove one, or put both into one block.")
		}
	}
	blocks := edits
	if owner != nil {
		whole := p.newEdit(*owner, parts)
		p.checkOwner(thing, whole, edits)
		blocks = append([]*edit{whole}, edits...)
	}
	p.checkEdits(thing, edits)
	p.checkOwners(thing, blocks)
}

// edit is one edit of a thing, to be compared with others.
type edit struct {
	claim
	resource.Part
}

func (p *Planner) newEdit(c claim, parts *resource.Parts) *edit {
	i := c.inst
	return &edit{c, parts.Of(i.block().Kind, i.wire, i.unknown)}
}

// checkOwner finds edits that are put before the owner of the whole, and those
// of a file that the owner removes.
func (p *Planner) checkOwner(thing string, whole *edit, edits []*edit) {
	owner := whole.claim
	for _, e := range edits {
		switch {
		case !whole.Whole:
		case whole.Absent && !e.Absent:
			p.claimConflict(owner, e.claim, thing, "One removes it and the other adds to it, at every apply. Remove one of them.")
		case !whole.Absent && comesAfter(owner.inst, e.inst):
			p.claimConflict(e.claim, owner, thing, fmt.Sprintf("%s writes all of it after %s changed a part, which undoes that at every apply. Remove what puts %s first, such as a depends_on: an edit comes after the whole by itself.", owner.inst.addr, e.inst.addr, e.inst.addr))
		}
	}
}

// checkEdits compares each edit that looks for lines, or removes one, with all
// others. Edits that only add their line clash with none of the same sort.
func (p *Planner) checkEdits(thing string, edits []*edit) {
	for k, e := range edits {
		if e.Regexp == nil && !e.Absent {
			continue
		}
		for l, f := range edits {
			clash := e.Clashes(f.Part)
			if l == k || clash == resource.SameRegexp && l < k {
				continue
			}
			p.editConflict(e, f, thing, clash)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
