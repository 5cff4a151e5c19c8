package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// compareVolatile is used by a drift. It looks at the resources that differ only in
// what an apply alone can tell: values that are new at every apply, and results of
// calls that a drift does not run. If the host still has what the last apply recorded,
// that is no drift. If nothing was recorded, the drift is unknown. For an edit on top
// of such a resource it is unknown, too.
func (p *Planner) compareVolatile() {
	if !p.opts.Drift {
		return
	}
	seen := map[*instance]bool{}
	for _, n := range p.nodes {
		for _, i := range n.insts {
			p.volatileEffect(i, seen)
		}
	}
}

func (p *Planner) volatileEffect(i *instance, seen map[*instance]bool) {
	if seen[i] {
		return
	}
	seen[i] = true
	if i.change == nil || i.verdict != done || i.isCall() {
		return
	}
	onTop := false
	for _, q := range checkedBefore(i) {
		p.volatileEffect(q, seen)
		onTop = onTop || q.isOpen() && q.stays() && shareThing(i, q)
	}
	was := i.volatileOnly()
	if onTop || len(i.unknown) > 0 {
		i.decide().comparison = p.compareOpen(i, onTop)
	} else if i.decided != nil {
		i.decided.comparison = comparison{}
	}
	if i.volatileOnly() != was {
		i.node.outdateValue()
	}
}

// compareOpen compares with the record what only an apply can tell.
func (p *Planner) compareOpen(i *instance, onTop bool) comparison {
	found := comparison{openness: partOpen}
	open, content := i.unknown, i.block().Def.Parts()
	if onTop && !contains(open, content) {
		open = append(open[:len(open):len(open)], content)
	}
	s := p.record.sighted(i)
	changed, known := p.record.changedOutside(s)
	args := open
	if !i.whole() {
		args = []string{content}
	}
	if known = known && p.record.covered(i, s, args); !known {
		found.uncompared = uncompared(i, open)
	}
	if sameAsKnown(i.change) && (!known || len(changed) == 0) {
		found.openness = onlyOpenPart
	}
	return found
}

// covered reports whether the record has all of the attributes that arguments
// of an instance show in. An edit is covered by its own part alone.
func (rec *record) covered(i *instance, s *sighting, args []string) bool {
	state := rec.prior.Thing(s.machine, s.thing)
	for _, name := range args {
		attr, traits := i.block().Def.ShowsIn(name), s.traits
		edits := attr == i.block().Def.Parts() && !s.whole
		if edits {
			traits = i.change.Traits
		}
		if !slices.ContainsFunc(traits, func(t resource.Trait) bool {
			_, ok := rec.digestOf(t, s.secret[t.Attr], state)
			return ok && (edits && t.OfEdit(i.block().Def) || !edits && t.Attr == attr)
		}) {
			return false
		}
	}
	return true
}

// uncompared are the attributes of a thing of which a drift says nothing. What is
// not there, or another sort of thing, differs whatever they are.
func uncompared(i *instance, open []string) []string {
	if i.stays() {
		return open
	}
	return nil
}

// stays reports whether a thing is there and stays what it is.
func (i *instance) stays() bool {
	return i.change != nil && (i.change.Op == resource.NoOp || i.change.Op == resource.Update)
}

// notCompared adds to the plan of a drift what could not be compared in part. No
// drift was found in the rest, but a match was not established.
func (p *Planner) notCompared(plan *Plan) {
	if !p.opts.Drift {
		return
	}
	for _, n := range p.sourceOrder() {
		for _, i := range n.insts {
			if i.verdict != done || !i.isOpen() || len(i.decided.uncompared) == 0 {
				continue
			}
			plan.NotCompared.Count++
			if len(plan.NotCompared.Things) < maxLeftOut {
				plan.NotCompared.Things = append(plan.NotCompared.Things, Uncompared{i.addr, i.decided.uncompared})
			}
		}
	}
}

// checkUnchanged checks the postconditions of what a drift finds as the last apply
// left it, though an apply would write it again: as they were not checked while
// planning, nothing else would say that one does not hold.
func (p *Planner) checkUnchanged() {
	if !p.opts.Drift {
		return
	}
	for _, n := range p.sourceOrder() {
		for _, i := range n.insts {
			if i.verdict == done && i.promises() && i.volatileOnly() {
				p.checkPost(i)
			}
		}
	}
}

// sameAsKnown reports whether all that is known of a thing after an action is
// as it was before.
func sameAsKnown(c *resource.Change) bool {
	switch c.Op {
	case resource.NoOp:
		return true
	case resource.Update:
	default:
		return false
	}
	if c.Along != nil {
		return false
	}
	for name, after := range c.After {
		if before, ok := c.Before[name]; ok && !alike(before, after) {
			return false
		}
	}
	return true
}
