package planner

import (
	"reflect"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// volatileEffects finds, for a drift, the resources of which nothing differs
// but what is new at every apply: that is no drift. What is edited on top of
// such a one is not known either.
func (p *Planner) volatileEffects() {
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
	if i.change == nil || i.outcome != done {
		return
	}
	onTop := false
	for _, q := range checkedBefore(i) {
		p.volatileEffect(q, seen)
		onTop = onTop || len(q.uncompared) > 0 && shareThing(i, q)
	}
	was := i.volatileOnly
	i.uncompared = uncompared(i, onTop)
	i.volatileOnly = (onTop || len(i.volatile) > 0) && len(i.unknown) == len(i.volatile) && sameAsKnown(i.change)
	if i.volatileOnly != was {
		i.node.stale = true
	}
}

// uncompared are the attributes of a thing of which a drift says nothing: those
// that are new at every apply, and the content of an edit on top of such a one.
// What is not there, or another sort of thing, differs whatever they are.
func uncompared(i *instance, onTop bool) []string {
	switch i.change.Action {
	case resource.None, resource.Update:
	default:
		return nil
	}
	if onTop && !contains(i.volatile, "content") {
		return append(i.volatile[:len(i.volatile):len(i.volatile)], "content")
	}
	return i.volatile
}

// notCompared adds to the plan of a drift what could not be compared in part. No
// drift was found in the rest, but a match was not established.
func (p *Planner) notCompared(plan *Plan) {
	if !p.opts.Drift {
		return
	}
	for _, n := range p.sourceOrder() {
		for _, i := range n.insts {
			if i.outcome != done || len(i.uncompared) == 0 {
				continue
			}
			plan.NotCompared.Count++
			if len(plan.NotCompared.Things) < maxLeftOut {
				plan.NotCompared.Things = append(plan.NotCompared.Things, Uncompared{i.addr, i.uncompared})
			}
		}
	}
}

func shareThing(i, q *instance) bool {
	for _, thing := range i.things {
		if contains(q.things, thing) {
			return true
		}
	}
	return false
}

// sameAsKnown reports whether all that is known of a thing after an action is
// as it was before.
func sameAsKnown(c *resource.Change) bool {
	switch c.Action {
	case resource.None:
		return true
	case resource.Update:
	default:
		return false
	}
	if c.Along != nil {
		return false
	}
	for name, after := range c.After {
		if before, ok := c.Before[name]; ok && !reflect.DeepEqual(before, after) {
			return false
		}
	}
	return true
}
