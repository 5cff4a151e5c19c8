package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// conflicts finds claims that contradict each other. Each pair of instances is in one
// conflict. Those of the same two blocks, or of one, are reported as one.
type conflicts struct {
	told   map[[2]*instance]bool
	groups map[conflictKey]*conflict
	found  []*conflict // those in groups, as they were found
	report func(i *instance, d *hcl.Diagnostic)
}

// check finds blocks of which each would undo what another does to one thing.
func (c *conflicts) check(machines map[string]*machine) {
	c.told, c.groups = map[[2]*instance]bool{}, map[conflictKey]*conflict{}
	parts := &resource.Parts{}
	for _, name := range sortedKeys(machines) {
		m := machines[name]
		for _, thing := range sortedKeys(m.things) {
			c.checkThing(thing, m.things[thing], parts)
		}
		c.checkCovered(m)
	}
	c.flush()
}

// checkThing finds two owners of the whole of a thing, edits that the owner
// undoes, edits that undo each other, and blocks that disagree on who may use
// it. Edits that agree are in order; see ordering.
func (c *conflicts) checkThing(thing kind.Thing, claims []claim, parts *resource.Parts) {
	if len(claims) < 2 {
		return
	}
	claims = byDeclaration(claims)
	var owner *claim
	var edits []*edit
	for k, claimed := range claims {
		switch {
		case !claimed.whole:
			edits = append(edits, newEdit(claimed, parts))
		case owner == nil:
			owner = &claims[k]
		default:
			c.claimConflict(*owner, claimed, thing, howWhole, undoes)
		}
	}
	blocks := edits
	if owner != nil {
		whole := newEdit(*owner, parts)
		c.checkOwner(thing, whole, edits)
		blocks = append([]*edit{whole}, edits...)
		if whole.Whole {
			leaveChanges(edits)
		}
	}
	c.checkEdits(thing, edits)
	c.checkOwners(thing, blocks)
}

// edit is one edit of a thing, to be compared with others.
type edit struct {
	claim
	resource.Part
}

func newEdit(c claim, parts *resource.Parts) *edit {
	i := c.inst
	return &edit{c, parts.Of(i.block().Def, i.wire, i.unknown)}
}

// leaveChanges has edits not compared by what they would change of each other's lines: if a block
// says all that a file holds, each apply begins with that, and comes to the same.
func leaveChanges(edits []*edit) {
	for _, e := range edits {
		e.Changes = nil
	}
}

// checkOwner finds edits that are put before the owner of the whole, and those
// of a file that the owner removes.
func (c *conflicts) checkOwner(thing kind.Thing, whole *edit, edits []*edit) {
	owner := whole.claim
	for _, e := range edits {
		switch {
		case !whole.Whole:
		case whole.Absent && !e.Absent:
			c.claimConflict(owner, e.claim, thing, howRemoves, "One removes it and the other adds to it, at every apply. Remove one of them.")
		case !whole.Absent && comesAfter(owner.inst, e.inst):
			c.claimConflict(e.claim, owner, thing, howOrder, fmt.Sprintf("%s writes all of it after %s changed a part, and so undoes that change at every apply. Remove what puts %s first, such as a depends_on. Without that, an edit comes after the block that writes the whole.", owner.inst.addr, e.inst.addr, e.inst.addr))
		}
	}
}

// checkEdits compares each edit that looks for lines, or removes one, with all
// others. Edits that only add their line clash with none of the same sort.
//
// Of edits that look for the same line, each is told once, beside the first of them,
// which stands for it in what else is compared.
func (c *conflicts) checkEdits(thing kind.Thing, edits []*edit) {
	told := map[*edit]bool{}
	for k, e := range edits {
		if !e.Looks() || told[e] {
			continue
		}
		for l, f := range edits {
			clash := e.Clashes(f.Part)
			if l == k || clash.Symmetric() && l < k {
				continue
			}
			if clash.Symmetric() {
				told[f] = true
			}
			c.editConflict(e, f, thing, clash)
		}
	}
}
