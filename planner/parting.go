package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// orderDepartures puts what is taken away in order: after everything that changes on its
// machine, before what it came after when it was made, what only scripts know before all
// directories, as it may be in one; a path before the directory above
// it and before whatever that was made along with, an edit before the whole, a user before
// a group, and an account after everything that is done as that account.
func (p *Planner) orderDepartures() {
	o := newParting(p.leaving.all)
	for _, d := range p.leaving.all {
		if d.inst == nil {
			continue
		}
		for _, before := range d.was.DependsOn {
			if q := o.byAddress[before]; q != nil {
				o.put(q, d.inst)
			}
		}
	}
	o.chainEdits(p.leaving.all)
	for _, d := range p.leaving.all {
		if d.inst != nil {
			o.byClaims(d.inst)
		}
	}
	for _, d := range p.leaving.all {
		if d.inst != nil && d.inst.block().Def.Name == "directory" {
			for _, script := range o.scripts[d.inst.machine] {
				o.put(d.inst, script)
			}
		}
	}
	ends := p.lastChanges()
	for _, d := range p.leaving.all {
		if d.inst == nil {
			continue
		}
		for _, q := range ends[d.inst.machine] {
			d.inst.follow(q)
		}
	}
}

// lastChanges are, of each machine, the instances of the configuration that change and
// that no other such instance comes after.
func (p *Planner) lastChanges() map[*machine][]*instance {
	out := map[*machine][]*instance{}
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if i.departs == nil && i.changes() && !slices.ContainsFunc(i.followers, func(f *instance) bool { return f.machine == i.machine && f.changes() }) {
				out[i.machine] = append(out[i.machine], i)
			}
		}
	}
	return out
}

// parting finds the order of what is taken away.
type parting struct {
	byAddress map[string]*instance
	// whole are those that are the whole of a thing, by machine, or that it was made along
	// with and goes with.
	whole map[thingKey][]*instance
	// groups are those that are groups, and scripts those of which only their scripts know
	// what they take away.
	groups, scripts map[*machine][]*instance
}

func newParting(all []*departure) *parting {
	o := &parting{map[string]*instance{}, map[thingKey][]*instance{}, map[*machine][]*instance{}, map[*machine][]*instance{}}
	for _, d := range all {
		i := d.inst
		if i == nil {
			continue
		}
		o.byAddress[d.addr], o.byAddress[d.recordedAt()] = i, i
		along := d.kept.Along
		if i.whole() {
			along = append(i.touches(), along...)
		}
		for _, thing := range along {
			o.whole[thingKey{i.machine, thing}] = append(o.whole[thingKey{i.machine, thing}], i)
		}
		if i.block().Def.Claims(kind.GroupOf) {
			o.groups[i.machine] = append(o.groups[i.machine], i)
		}
		if i.block().Def.Claims(kind.ScriptOf) {
			o.scripts[i.machine] = append(o.scripts[i.machine], i)
		}
	}
	return o
}

// put has i taken away after q, unless it is the other way round already.
func (o *parting) put(i, q *instance) {
	if i.beganWith(q) {
		i, q = q, i
	}
	if i != q && !comesAfter(q, i) {
		i.follow(q)
	}
}

// beganWith reports whether i is the whole of a thing and q an edit of it, and an apply had begun
// to make both. What tells that the thing is that apply's is how it is with the edit, so it goes
// first. If it stays, the edit is taken out of it.
func (i *instance) beganWith(q *instance) bool {
	if i.departs == nil || q.departs == nil || !i.whole() || q.whole() {
		return false
	}
	a, b := i.departs.was, q.departs.was
	return a.Begun != nil && b.Begun != nil && a.Machine == b.Machine && a.Thing == b.Thing
}

// chainEdits has the edits of one thing taken out one after the other, also where one that stood
// between them has gone before.
func (o *parting) chainEdits(all []*departure) {
	of := map[thingKey][]*instance{}
	var keys []thingKey
	for _, d := range all {
		if d.inst == nil || d.inst.whole() || d.was.Thing == "" {
			continue
		}
		key := thingKey{d.inst.machine, d.was.Thing}
		if of[key] == nil {
			keys = append(keys, key)
		}
		of[key] = append(of[key], d.inst)
	}
	depths := map[*instance]int{}
	for _, key := range keys {
		edits := of[key]
		sortByDepth(edits, depths)
		for k := 1; k < len(edits); k++ {
			edits[k].follow(edits[k-1]) // No circle: depth is more for whatever comes after.
		}
	}
}

// byClaims draws the order that follows from what a thing is.
func (o *parting) byClaims(i *instance) {
	for _, thing := range i.touches() {
		if !i.whole() {
			o.putAll(thingKey{i.machine, thing}, i)
		}
		if name, ok := thing.Path(); ok {
			for dir := parentOf(name); dir != ""; dir = parentOf(dir) {
				o.putAll(thingKey{i.machine, kind.PathThing(dir)}, i)
			}
		}
	}
	if i.block().Def.Claims(kind.UserOf) {
		for _, g := range o.groups[i.machine] {
			o.put(g, i)
		}
	}
	for ctx := i.on; ctx != nil; ctx = ctx.via {
		for _, a := range ctx.block().Def.Args.Attrs {
			for _, text := range wireTexts(ctx.wire[a.Name]) {
				if a.Needs != "" {
					o.putAll(thingKey{hostMachine(ctx), kind.ThingOf(a.Needs, text)}, i)
				}
			}
		}
	}
}

// putAll has all that are the whole of a thing taken away after i.
func (o *parting) putAll(key thingKey, i *instance) {
	for _, q := range o.whole[key] {
		o.put(q, i)
	}
}
