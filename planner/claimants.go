package planner

import (
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// claimants are who manages, or may manage, what is recorded. depart finds them once, when
// everything else is known.
type claimants struct {
	// byPlace are the machines by where they are, as the record says it: two contexts that
	// lead to one place are on one machine.
	byPlace map[string][]*machine
	// byThing are the blocks and instances that this plan does not look at, by what they
	// are about; bySort those of which that is not known, by what sort of thing it is.
	byThing map[kind.Thing][]*absentee
	bySort  map[string][]*absentee
}

func (p *Planner) newClaimants() *claimants {
	cs := &claimants{map[string][]*machine{}, map[kind.Thing][]*absentee{}, map[string][]*absentee{}}
	for _, n := range p.nodes {
		switch {
		case n.block.Type == config.ContextBlock:
			for _, ctx := range n.insts {
				place := p.record.leadsTo(ctx)
				if m := ctx.machine; place != "" && m != nil && !slices.Contains(cs.byPlace[place], m) {
					cs.byPlace[place] = append(cs.byPlace[place], m)
				}
			}
		case n.block.Type != config.ResourceBlock:
		case !n.expanded():
			cs.add(p.absent.block(n))
		default:
			for _, i := range n.insts {
				if e := p.absent.maybe(i); e != nil {
					cs.add(e)
				}
			}
		}
	}
	return cs
}

func (cs *claimants) add(e *absentee) {
	for _, thing := range e.things {
		cs.byThing[thing] = append(cs.byThing[thing], e)
	}
	for _, what := range e.open {
		cs.bySort[what] = append(cs.bySort[what], e)
	}
}

// maybe is instance, and besides that one that is looked at although it is not known what it
// is about, and one whose context is disabled: it may be on, with the next plan.
func (as *absentees) maybe(i *instance) *absentee {
	e := &absentee{addr: i.addr, node: i.node, inst: i, machine: i.machine}
	switch {
	case i.verdict == done:
		e.why, e.open = "what it is about is known after apply", i.openThings()
	case i.verdict == disabled && i.on.verdict == disabled:
		e.why, e.machine = config.Label(i.on.addr)+" is disabled", as.whereabouts(i.on)
		e.evaluate(as.scopeOf(i), as.parts)
	default:
		return as.instance(i)
	}
	return e
}

// may is one that this plan does not look at, and that may be about a recorded thing; nil if
// there is none. Such a thing is not taken away: its block may have been renamed.
func (cs *claimants) may(rec *record, m *machine, r Recorded, things ...kind.Thing) *absentee {
	for _, thing := range things {
		what, _ := thing.Parts()
		for _, e := range slices.Concat(cs.byThing[thing], cs.bySort[what]) {
			if e.on(m) || e.inst != nil && rec.inPlace(e.inst.on, r) {
				return e
			}
		}
	}
	return nil
}

// mayCover is such a one that may manage a recorded path with all that is in a directory above it.
func (cs *claimants) mayCover(rec *record, m *machine, r Recorded, things []kind.Thing) *absentee {
	for _, thing := range things {
		at, isPath := thing.Path()
		for dir := parentOf(at); isPath && dir != ""; dir = parentOf(dir) {
			for _, e := range cs.byThing[kind.PathThing(dir)] {
				if isCovering(e.node.block.Def) && (e.on(m) || e.inst != nil && rec.inPlace(e.inst.on, r)) {
					return e
				}
			}
		}
	}
	return nil
}

// machinesOf are those on which something recorded may be.
func (p *Planner) machinesOf(r Recorded) []*machine {
	return append([]*machine{p.order.machines[r.Machine]}, p.leaving.claimants.byPlace[r.LeadsTo]...)
}

// coverOf is the instance that manages a recorded path now with all that is in a directory above
// it; nil if there is none. What departs is done after all else, and would undo what that did.
func (p *Planner) coverOf(r Recorded) *instance {
	for _, m := range p.machinesOf(r) {
		if m == nil {
			continue
		}
		for _, thing := range p.record.thingsOf(r) {
			at, isPath := thing.Path()
			for dir := parentOf(at); isPath && dir != ""; dir = parentOf(dir) {
				rel := strings.TrimPrefix(at[len(dir):], "/")
				for _, c := range m.things[kind.PathThing(dir)] {
					if has := c.inst.covers(); c.whole && c.inst.verdict == done && has != nil && has(rel) && p.record.inPlace(c.inst.on, r) {
						return c.inst
					}
				}
			}
		}
	}
	return nil
}

// claimedIn are the paths below a recorded one that blocks are about, if its kind manages many paths
// there. Where everything goes, these go, too.
func (p *Planner) claimedIn(r Recorded, def *kind.Kind, on *machine) (out []kind.Text) {
	top, isPath := r.Thing.Path()
	if p.opts.Destroy || !isPath || !isCovering(def) {
		return nil
	}
	add := func(thing kind.Thing) {
		at, isPath := thing.Path()
		if text := kind.Text(at); isPath && strings.HasPrefix(at, strings.TrimSuffix(top, "/")+"/") && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, m := range append(p.machinesOf(r), on) {
		if m == nil {
			continue
		}
		for thing, claims := range m.things {
			if len(claims) > 0 {
				add(thing)
			}
		}
	}
	for thing, by := range p.leaving.claimants.byThing {
		if slices.ContainsFunc(by, func(e *absentee) bool { return e.on(on) || e.inst != nil && p.record.inPlace(e.inst.on, r) }) {
			add(thing)
		}
	}
	slices.Sort(out)
	return out
}

// heirOf is the instance that manages a recorded thing now, wherever its context is. It is
// nil if there is none.
func (p *Planner) heirOf(r Recorded) *instance {
	for _, m := range p.machinesOf(r) {
		if i := p.record.heir(m, r); i != nil && p.record.inPlace(i.on, r) {
			return i
		}
	}
	return nil
}

// unclaimed are those of the things made along with a recorded one that no block of the
// machine claims, or may claim. Where everything goes, these go too.
func (p *Planner) unclaimed(along []kind.Thing, m *machine, r Recorded) []kind.Thing {
	if p.opts.Destroy {
		return along
	}
	return slices.DeleteFunc(slices.Clone(along), func(t kind.Thing) bool {
		return len(m.things[t]) > 0 || p.leaving.claimants.may(p.record, m, r, t) != nil
	})
}

// parentOf is the directory above a path; "" if there is none.
func parentOf(name string) string {
	if dir := path.Dir(name); dir != name {
		return dir
	}
	return ""
}
