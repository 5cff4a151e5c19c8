package planner

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// claimLate claims the things of an action whose names became known only now,
// while applying. The others that edit them were planned without it, so it
// comes after all of those, unless the configuration says the opposite. What
// would undo another is an error before anything is done.
func (p *Planner) claimLate(i *instance, missing []string) (after []string, diags hcl.Diagnostics) {
	known := len(p.problems.diags)
	for _, a := range i.block().Def.Args.Attrs {
		if a.Claims+a.Edits == "" || !contains(i.unknown, a.Name) {
			continue
		}
		for _, text := range wireTexts(i.wire[a.Name]) {
			after = append(after, p.lateClaim(kind.ThingOf(a.Claims+a.Edits, text), claim{inst: i, whole: a.Claims != ""}, missing)...)
		}
	}
	return after, append(hcl.Diagnostics(nil), p.problems.diags[known:]...)
}

// lateClaim claims one thing, and returns the addresses of those that edit it and
// that the action comes after from now on.
func (p *Planner) lateClaim(thing kind.Thing, c claim, missing []string) (after []string) {
	i := c.inst
	if slices.Contains(i.things, thing) {
		return nil
	}
	parts := &p.parts
	mine := &edit{c, parts.Of(i.block().Def, i.wire, missing)}
	for _, other := range byDeclaration(i.machine.things[thing]) {
		q := other.inst
		p.conflicts.checkPair(thing, mine, newEdit(other, parts))
		if i.predSet[q] || comesAfter(q, i) {
			continue
		}
		p.addPred(i, q)
		after = append(after, q.addr)
	}
	i.things = append(i.things, thing)
	i.machine.things[thing] = append(i.machine.things[thing], c)
	return after
}

// checkPair compares a claim that turned up late with one that was planned.
func (c *conflicts) checkPair(thing kind.Thing, late, other *edit) {
	switch {
	case late.whole && other.whole:
		c.claimConflict(other.claim, late.claim, thing, howWhole, undoes)
	case late.whole && late.Whole && late.Absent == other.Absent:
		c.claimConflict(other.claim, late.claim, thing, howOrder, fmt.Sprintf("The path of %[1]s became known only at apply, after %[2]s had been planned. %[1]s writes the whole file, and so undoes what %[2]s did. Give %[1]s a path that is known while planning.", late.inst.addr, other.inst.addr))
	case late.whole, other.whole:
		if late.Whole && late.Absent || other.Whole && other.Absent {
			c.claimConflict(other.claim, late.claim, thing, howRemoves, "One removes it and the other adds to it, at every apply. Remove one of them.")
		}
	default:
		pair := []*edit{other, late}
		leaveChanges(pair) // Whether a block says all that the file holds is not looked at here.
		c.checkEdits(thing, pair)
	}
	c.flush()
}
