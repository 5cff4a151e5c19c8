package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// Plan returns the plan. It is called once, when Finished is true, and before
// Diagnostics: it may find more problems.
func (p *Planner) Plan() *Plan {
	p.spread()
	p.conflicts.check(p.order.machines)
	p.checkSaves()
	p.tellHeld()
	plan := &Plan{Time: p.opts.Time, Stateless: p.record.prior == nil}
	plan.Contexts = p.contexts()
	p.opaque()
	for _, n := range p.sourceOrder() {
		p.actionsOf(n, plan)
	}
	p.record.drifts(plan, p.instances)
	p.warnElsewhere(plan)
	p.leaveOut(plan)
	p.compareOutputs(plan)
	plan.Orphans, plan.Disabled = p.orphans()
	p.complete(plan)
	return plan
}

// opaque marks the instances that come after an action which may touch anything
// on its machine. What was read for them may have changed by the time they are
// applied.
func (p *Planner) opaque() {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			for _, q := range i.preds {
				if q.machine == i.machine && (q.opaqueBefore() || q.block().Def.Opaque && !q.block().Def.Harmless(q.wire) && q.changes()) {
					i.decide().opaqueBefore = true
				}
			}
		}
	}
}

// orphans returns the recorded addresses that the configuration no longer has,
// and those that it switches off. An address whose host is unreachable, that
// targeting left out, or whose block has not expanded still exists. So does a
// thing that another block manages now.
func (p *Planner) orphans() (gone, off []string) {
	if p.record.prior == nil || len(p.opts.Targets)+len(p.opts.Excludes) > 0 {
		return nil, nil
	}
	last := p.record.newest()
	for _, addr := range p.record.prior.Addresses() {
		n, i := p.byAddress[config.BlockAddress(addr)], p.instances[addr]
		switch r, _ := p.record.lookup(addr); {
		case r.Absent: // There is nothing that could be left behind.
		case i != nil && i.verdict == disabled:
			off = append(off, addr)
		case i != nil, n != nil && !n.expanded(), p.record.takenOver(p.order.machines[r.Machine], r), last[p.record.keyOfThing(addr, r)] != addr:
		default:
			gone = append(gone, addr)
		}
	}
	slices.SortFunc(gone, prose.Natural)
	slices.SortFunc(off, prose.Natural)
	return gone, off
}
