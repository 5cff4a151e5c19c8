package planner

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Plan returns the plan. It is called once, when Finished is true, and before
// Diagnostics: it may find more problems.
func (p *Planner) Plan() *Plan {
	p.spread()
	p.conflicts.check(p.order.machines)
	p.checkSaves()
	p.tellHeld()
	plan := &Plan{Time: p.opts.Time, Stateless: p.record.prior == nil, Destroy: p.opts.Destroy}
	plan.Contexts = p.contexts()
	p.opaque()
	if !p.opts.Destroy {
		for _, n := range p.sourceOrder() {
			p.actionsOf(n, plan)
		}
	}
	p.departing(plan)
	p.record.drifts(plan, p.instances)
	p.warnElsewhere(plan)
	p.warnLinks()
	p.warnUnpurged()
	p.leaveOut(plan)
	p.compareOutputs(plan)
	p.complete(plan)
	return plan
}

// opaque marks the instances that come after an action which may touch anything
// on its machine. What was read for them may have changed by the time they are
// applied.
func (p *Planner) opaque() {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if i.departs != nil {
				continue // What was changed since is not taken away: the fingerprint stays.
			}
			for _, q := range i.preds {
				if q.machine == i.machine && (q.opaqueBefore() || q.block().Def.TouchesAnything(q.wire, q.unknown) && q.changes()) {
					i.decide().opaqueBefore = true
				}
			}
		}
	}
}

// departing adds to a plan what leaves the record, and what stays in it although the
// configuration lacks it.
func (p *Planner) departing(plan *Plan) {
	wholes := p.leaving.wholes()
	for _, d := range p.leaving.all {
		known := len(plan.Actions)
		var by *departure // with which an edit goes that is made of a secret
		if d.secret != "" && d.was.Thing != "" {
			by = wholes[d.place()]
		}
		switch {
		case d.secret != "" && by == nil:
			p.orphan(d, d.secret)
		case d.inst == nil:
			if by != nil {
				d.add("it goes with " + by.addr)
			}
			plan.Actions = append(plan.Actions, d.forgotten())
		case d.staysFor(p.selectors):
			p.orphan(d, p.secrets.hideText(d.inst, d.inst.change.Stays[0].Error())+" This plan looks at a part, so the record keeps it.")
		default:
			p.actionsOf(d.inst.node, plan)
		}
		for _, a := range plan.Actions[known:] {
			a.Leaves = true
			if a.Op == Defer {
				continue
			}
			a.Reason = d.why
			switch {
			case d.inst == nil || a.Op != Forget:
			case len(d.inst.change.Stays) == 0:
				a.Reason = joinReasons(d.why, "it is gone already")
			default:
				a.Reason = joinReasons(d.why, "it stays")
				for _, s := range d.inst.change.Stays {
					p.warn(a, d.inst, s)
				}
				a.Before, a.After, a.Sensitive, a.SensitiveBefore, a.SensitiveSame = nil, nil, nil, nil, nil
			}
		}
	}
	plan.Orphans, plan.Disabled = p.leaving.orphans, p.leaving.off
}

// wholes are the departures of the whole of a thing that is taken away, put back as it was, or gone
// already, by its place.
func (l *departures) wholes() map[string]*departure {
	out := map[string]*departure{}
	for _, q := range l.all {
		i := q.inst
		if i == nil || !i.whole() || i.verdict != done || i.change == nil {
			continue
		}
		if len(i.change.Stays) == 0 && (q.was.Created || i.change.Op != resource.NoOp) {
			out[q.place()] = q
		}
	}
	return out
}

// staysFor reports whether a thing stays on its host and in the record, as the plan looks at
// a part: what is left out may be all that is in its way.
func (d *departure) staysFor(s *selectors) bool {
	return len(s.targets)+len(s.excludes) > 0 && d.inst.change != nil && len(d.inst.change.Stays) > 0
}

// forgotten is the action of a departure of which no host is asked.
func (d *departure) forgotten() *Action {
	at, _ := config.ParseAddress(d.addr) // an address of a record is one
	a := &Action{
		Address: d.addr, Block: at.Block, Type: config.ResourceBlock, Kind: d.was.Kind, Name: strings.TrimPrefix(at.Block, d.was.Kind+"."),
		Context: d.was.Context, Op: Forget,
	}
	if isCall(d.addr) {
		a.Type, a.Name = config.CallBlock, strings.TrimPrefix(at.Block, string(config.CallBlock)+"."+d.was.Kind+".")
	}
	for _, k := range at.Keys {
		a.Keys = append(a.Keys, k.Text)
	}
	return a
}

// warnLinks warns of the blocks of which an apply made something at the end of a link that
// leads elsewhere now. That stays there.
func (p *Planner) warnLinks() {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			r, _ := p.record.lookup(i.addr)
			if !r.Created || i.verdict != done || i.isCall() || i.departs != nil || p.record.isElsewhere(i, r) || p.record.isAnother(i, r) != "" || !p.record.ledElsewhere(i, r) {
				continue
			}
			p.problems.warn(i, &Failure{
				Summary: "Path leads elsewhere than at the last apply", Attr: claimingArgument(n, r.Thing),
				Detail: fmt.Sprintf("%s was made at %s, and its path leads to %s now. What was made stays where it is, and is not managed any more: remove it by hand if it should go. What is there now counts as there before.",
					i.addr, r.Thing.Label(), i.change.Writes[0].Label()),
			})
		}
	}
}
