package planner

import (
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// places finds who manages, or may manage, what is recorded. depart makes it once, when
// everything else is known.
type places struct {
	// byPlace are the machines that each place has, by how the record says it. Two contexts
	// that lead to one place are on one machine.
	byPlace map[string][]*machine
	// byThing are the blocks and instances that this plan does not look at, by what they
	// are about; bySort those of which that is not known, by what sort of thing it is.
	byThing map[kind.Thing][]*absentEdit
	bySort  map[string][]*absentEdit
}

func (p *Planner) newPlaces() *places {
	at := &places{map[string][]*machine{}, map[kind.Thing][]*absentEdit{}, map[string][]*absentEdit{}}
	for _, name := range slices.Sorted(maps.Keys(p.order.machines)) {
		if ctx := p.instances[name]; ctx != nil {
			if place := p.record.leadsTo(ctx); place != "" {
				at.byPlace[place] = append(at.byPlace[place], p.order.machines[name])
			}
		}
	}
	for _, n := range p.nodes {
		switch {
		case n.block.Type != config.ResourceBlock:
		case !n.expanded():
			args, _ := n.block.Eval(p.absent.nodeScope(n).Child())
			at.add(p.absent.block(n), args)
		default:
			for _, i := range n.insts {
				if e := p.unseen(i); e != nil {
					args := i.args
					if !i.passed(evaluated) {
						args, _ = i.block().Eval(p.scopeOf(i))
					}
					at.add(e, args)
				}
			}
		}
	}
	return at
}

// add notes what a block that is not looked at is about.
func (at *places) add(e *absentEdit, args config.Arguments) {
	wire, unknown, _, err := args.ToWire()
	for _, a := range e.node.block.Def.Args.Attrs {
		what := a.Claims + a.Edits
		switch texts := wireTexts(wire[a.Name]); {
		case what == "":
		case err != nil || contains(unknown, a.Name) || len(texts) == 0 && a.Required:
			at.bySort[what] = append(at.bySort[what], e)
		default:
			for _, text := range texts {
				thing := kind.ThingOf(what, text)
				at.byThing[thing] = append(at.byThing[thing], e)
			}
		}
	}
}

// unseen is an instance that exists, or may exist, and that this plan does not look at, or
// of which it does not know what it is about; nil if it is none.
func (p *Planner) unseen(i *instance) *absentEdit {
	e := &absentEdit{addr: i.addr, node: i.node, inst: i, why: i.reason, machine: i.machine}
	switch {
	case i.verdict == disabled && i.on.verdict != disabled:
		return nil
	case i.verdict == disabled:
		e.why = i.on.addr + " is disabled"
	case i.leftOut():
		e.why = "it is left out"
	case i.verdict == done && !i.nameOpen():
		return nil
	case i.verdict == done:
		e.why = "what it is about is known after apply"
	case i.verdict == failed:
		e.why = "it failed"
	case e.why == "":
		e.why = "it was not looked at"
	}
	if e.machine == nil {
		e.machine = p.absent.whereabouts(i.on)
	}
	if enabled, known, diags := i.block().EvalEnabled(p.scopeOf(i)); i.verdict != disabled && known && !enabled && !diags.HasErrors() {
		return nil
	}
	return e
}

// nameOpen reports whether an argument that names the thing is known after apply.
func (i *instance) nameOpen() bool {
	return slices.ContainsFunc(i.block().Def.Args.Attrs, func(a kind.Attr) bool { return a.Claims+a.Edits != "" && contains(i.unknown, a.Name) })
}

// mayClaim is a block or an instance that this plan does not look at, and that may be about
// a recorded thing; nil if there is none. Such a thing is not taken away: its block may have
// been renamed.
func (p *Planner) mayClaim(r Recorded) *absentEdit {
	for _, thing := range p.record.thingsOf(r) {
		sort, _ := thing.Parts()
		for _, e := range slices.Concat(p.leaving.places.byThing[thing], p.leaving.places.bySort[sort]) {
			if e.on(p.order.machines[r.Machine]) || p.record.inPlace(p.instances[e.machine.name], r) {
				return e
			}
		}
	}
	return nil
}

// heirOf is the instance that manages a recorded thing now, wherever its context is. It is
// nil if there is none.
func (p *Planner) heirOf(r Recorded) *instance {
	for _, m := range append([]*machine{p.order.machines[r.Machine]}, p.leaving.places.byPlace[r.LeadsTo]...) {
		if i := p.record.heir(m, r); i != nil && p.record.inPlace(i.on, r) {
			return i
		}
	}
	return nil
}
