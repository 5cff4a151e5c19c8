package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// What the record has and the configuration lacks departs: what an apply made is taken
// away, and what was there before is forgotten. Nothing departs because a host cannot be
// reached, because a block has not expanded, or because -target or -exclude leave it out.
// A host that is not in the configuration any more, or that a context does not lead to any
// more, is forgotten and never asked.

// departures are all that leaves the record with a plan, and what stays in it although the
// configuration lacks it. The Planner has one.
type departures struct {
	made bool
	// all are sorted by address.
	all []*departure
	// orphans cannot be taken away; off are switched off together with their context.
	orphans []Orphan
	off     []string
	// kept counts what stays since its host cannot be reached.
	kept int
	// leftOut are those that -target or -exclude leave out.
	leftOut []string
	// staying are those that stay in the record and whose address has another thing now.
	staying   []*departure
	claimants *claimants
	names     *managedNames
}

// depart decides, once, what leaves the record. It is called when everything else is
// known. It reports whether a host has to be asked about something of that.
func (p *Planner) depart() bool {
	if p.leaving.made || p.record.prior == nil {
		return false
	}
	p.leaving.made, p.leaving.claimants = true, p.newClaimants()
	last := p.record.newest()
	for _, d := range p.pick(append(p.departed(), p.departedBegun()...)) {
		p.leave(d, last)
	}
	slices.SortFunc(p.leaving.off, prose.Natural)
	asks := false
	for _, d := range p.leaving.all {
		asks = asks || d.inst != nil
	}
	if asks {
		p.orderDepartures()
	}
	return asks
}

// departed are the recorded things that the configuration lacks.
func (p *Planner) departed() (out []*departure) {
	addresses := p.record.prior.Addresses()
	slices.SortFunc(addresses, prose.Natural)
	for _, addr := range addresses {
		r, _ := p.record.lookup(addr)
		if d := p.departureOf(addr, r); d != nil {
			out = append(out, d)
		}
	}
	return out
}

// departedBegun are the things that an apply had begun to make and nobody saw the end of, and
// that the configuration lacks. The address of one may have another thing in the record.
func (p *Planner) departedBegun() (out []*departure) {
	addresses := p.record.prior.Interrupted()
	slices.SortFunc(addresses, prose.Natural)
	for _, addr := range addresses {
		r, _ := p.record.prior.LookupBegun(addr)
		was, recorded := p.record.lookup(addr)
		if recorded && !was.Absent && was.Machine == r.Machine && was.Thing == r.Thing {
			continue // That departs, or stays.
		}
		d := p.departureOf(addr, r)
		if d == nil {
			continue
		}
		if recorded && d.from == "" {
			d.from, d.addr = addr, p.record.formerAddress(addr, p.record.kindOf(r.Kind), r.Machine, r)
		}
		if _, recorded := p.record.lookup(d.addr); recorded {
			continue
		}
		d.add("an apply that failed or was cut short had begun to make it")
		out = append(out, d)
	}
	return out
}

// departureOf is the departure of what is recorded at an address; nil if the
// configuration has it, or may have it.
func (p *Planner) departureOf(addr string, r Recorded) *departure {
	d := &departure{addr: addr, was: r}
	n, i := p.byAddress[config.BlockAddress(addr)], p.instances[addr]
	switch {
	case p.opts.Destroy:
	case i != nil && i.verdict == disabled && i.on.verdict == disabled:
		p.leaving.off = append(p.leaving.off, addr)
		return nil
	case i != nil && i.verdict == disabled:
		d.why = "enabled is false"
	case i != nil:
		d.why = p.record.isAnother(i, r)
		if d.why == "" || p.heirOf(r) == i {
			return nil
		}
		d.from, d.addr = addr, p.record.formerAddress(addr, i.block().Def, i.machine.name, r)
		if _, recorded := p.record.lookup(d.addr); recorded {
			return nil // by an apply that did not come to its end
		}
	case n == nil:
		d.why = notConfigured
	case !n.expanded():
		return nil
	default:
		d.why = n.lacks(addr)
	}
	return d
}

// notConfigured is why something departs of which no block is left.
const notConfigured = "no longer in the configuration"

// lacks says why a block has no instance of an address.
func (n *node) lacks(addr string) string {
	switch a, err := config.ParseAddress(addr); {
	case err == nil && len(a.Keys) > 0 && strings.HasPrefix(a.Keys[len(a.Keys)-1].Text, formerly):
		return n.addr + " is another thing now"
	case n.perEach && n.counted:
		return "count is lower now"
	case n.perEach && n.onMap:
		return "no longer in for_each or in on"
	case n.perEach:
		return "the key is no longer in for_each"
	case n.onMap:
		return "the key is no longer in on"
	}
	return "its block has no key now"
}

// pick returns what of that which departs belongs to the plan. Of the rest it notes that it is
// left out. With the whole of a thing its edits would go, too: they come along, and the whole
// stays if -exclude leaves one of them out.
func (p *Planner) pick(all []*departure) (out []*departure) {
	ss, chosen, takes := p.selectors, map[*departure]bool{}, map[string]bool{}
	for _, d := range all {
		if chosen[d] = ss.chosen(d, p.instances[d.was.Context]); chosen[d] && p.takesEdits(d) {
			takes[d.place()] = true
		}
	}
	holds := map[string]string{} // the edits because of which the whole stays
	for _, d := range all {
		switch {
		case chosen[d] || !p.record.isEdit(d.was) || d.was.Absent || !takes[d.place()]:
		case ss.means(ss.excludes, d, p.instances[d.was.Context]):
			holds[d.place()] = d.addr
		default:
			chosen[d] = true
			p.companions.brought = append(p.companions.brought, d.addr)
		}
	}
	for _, d := range all {
		switch by := holds[d.place()]; {
		case !chosen[d]:
			p.stay(d)
			p.leaving.leftOut = append(p.leaving.leftOut, d.addr)
		case by != "" && p.takesEdits(d):
			p.orphan(d, fmt.Sprintf("%s edits it, and is left out. It goes when that goes, too.", by))
		default:
			out = append(out, d)
		}
	}
	return out
}

// takesEdits reports whether something that departs is the whole of a thing that is taken away
// or put back as it was.
func (p *Planner) takesEdits(d *departure) bool {
	return d.was.Thing != "" && p.record.createdOrKept(d.was) && !d.was.Absent && !p.record.isEdit(d.was) && (p.opts.Destroy || p.heirOf(d.was) == nil && p.coverOf(d.was) == nil)
}

// place is where something that departs is.
func (d *departure) place() string { return placeOf(d.was.LeadsTo, d.was.Machine, d.was.Thing) }

// leave decides what becomes of something that departs.
func (p *Planner) leave(d *departure, last map[string]string) {
	ctx := p.instances[d.was.Context]
	switch {
	case p.isClaimed(d):
	case d.heir == nil && p.stayWith(d, ctx):
	case p.onlyForgotten(d, ctx, last):
		if d.heir == nil && ctx != nil && ctx.verdict == deferred {
			p.stay(d)
		} else {
			p.leaving.all = append(p.leaving.all, d)
		}
	default:
		p.takeAway(d, ctx)
	}
}

// isClaimed finds who manages a thing that departs. If that may be somebody whom this plan
// does not look at, the thing stays.
func (p *Planner) isClaimed(d *departure) bool {
	if p.opts.Destroy {
		return false
	}
	if d.heir = p.heirOf(d.was); d.heir != nil && d.heir.verdict == done {
		return p.isEditedStill(d)
	}
	d.heir = nil
	m, things := p.order.machines[d.was.Machine], p.record.thingsOf(d.was)
	may := p.leaving.claimants.may(p.record, m, d.was, things...)
	if may == nil {
		may = p.leaving.claimants.mayCover(p.record, m, d.was, things)
	}
	if may == nil {
		d.cover = p.coverOf(d.was)
		return false
	}
	p.orphan(d, fmt.Sprintf("This plan does not look at %s, which may be about the same thing. Nothing is done to it before a plan does.", may.said()))
	return true
}

// isEditedStill keeps the whole of a thing in the record while another block edits a part of it.
// It goes with the last of these: to them it is no more than what they change.
func (p *Planner) isEditedStill(d *departure) bool {
	if d.heir.whole() || p.record.isEdit(d.was) || !p.record.createdOrKept(d.was) {
		return false
	}
	reason := fmt.Sprintf("%s edits it. It goes when no block does any more.", d.heir.addr)
	d.heir = nil
	p.orphan(d, reason)
	return true
}

// stayWith keeps in the record what is on a context that this plan does not look at.
func (p *Planner) stayWith(d *departure, ctx *instance) bool {
	switch {
	case ctx == nil:
		if !p.mayExist(d.was.Context) {
			return false
		}
	case ctx.verdict.broken():
		p.leaving.kept++
	case ctx.verdict == disabled:
		p.leaving.off = append(p.leaving.off, d.addr)
	case ctx.verdict != excluded:
		return false
	}
	p.stay(d)
	return true
}

// stay keeps something in the record. If its address has another thing now, it needs one of
// its own there.
func (p *Planner) stay(d *departure) {
	if d.from != "" {
		p.leaving.staying = append(p.leaving.staying, d)
	}
}

// mayExist reports whether the block of a context has not expanded.
func (p *Planner) mayExist(context string) bool {
	n := p.byAddress[config.BlockAddress(context)]
	return n != nil && !n.expanded()
}

// onlyForgotten reports whether nothing is done to a thing that departs, and adds the
// reason.
func (p *Planner) onlyForgotten(d *departure, ctx *instance, last map[string]string) bool {
	r := d.was
	newest := last[p.record.keyOfThing(d.recordedAt(), r)]
	switch {
	case isCall(d.addr):
	case r.Absent:
		d.add("it was asked to be absent")
	case d.heir != nil:
		d.why = d.heir.addr + " manages it now"
	case d.cover != nil:
		d.why = d.cover.addr + " manages it now"
	case ctx == nil:
		either := ""
		if d.why == notConfigured {
			either = ", either"
		}
		d.add(config.Label(r.Context) + " is " + notConfigured + either)
	case p.record.leadsElsewhere(ctx, r):
		d.add(ledElsewhere(r))
	case newest != "" && newest != d.recordedAt():
		d.add("it was applied as " + newest + " later")
	case !p.record.createdOrKept(r):
		d.add("it was there before it was managed, and stays as it is")
	default:
		return false
	}
	return true
}

// takeAway has a host asked how a thing is taken away, if the record tells enough of it.
func (p *Planner) takeAway(d *departure, ctx *instance) {
	def := p.record.kindOf(d.was.Kind)
	switch {
	case def == nil:
		p.orphan(d, fmt.Sprintf("This mitoplan has no kind %q.", d.was.Kind))
	case d.was.End == nil:
		p.orphan(d, "It was recorded by a version that could not take things away. "+wayOut)
	case len(d.was.End.Secret) > 0:
		d.secret = fmt.Sprintf("The record holds no secrets, and so not its %s. %s", prose.List(d.was.End.Secret, prose.All), wayOut)
		p.leaving.all = append(p.leaving.all, d)
	default:
		if kept := d.was.End.Kept; kept != nil {
			d.kept = *kept
			d.kept.Along = p.unclaimed(kept.Along, ctx.machine, d.was)
		}
		d.others = p.namesakes(d.was, ctx.machine)
		d.claimed = p.claimedIn(d.was, def, ctx.machine)
		d.inst = p.newDeparted(d, ctx, def)
		p.secrets.learn(d.inst)
		p.dirty[d.inst] = true
		p.leaving.all = append(p.leaving.all, d)
	}
}

// wayOut is what can be done about a thing that the record does not tell enough of.
const wayOut = `Write its block again, with state = "absent", and apply that. Then take the block out.`

// orphan keeps something in the record that cannot be taken away, or not by this plan.
func (p *Planner) orphan(d *departure, reason string) {
	p.stay(d)
	p.leaving.orphans = append(p.leaving.orphans, Orphan{d.addr, reason})
}
