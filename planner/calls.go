package planner

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// decideCalls is called when nothing runs any more. It decides of every call
// that was looked at whether it runs, beginning with those that trigger others.
func (p *Planner) decideCalls() {
	for _, n := range p.nodes {
		if n.block.Type != config.CallBlock {
			continue
		}
		for _, i := range n.insts {
			if i.verdict != done {
				continue
			}
			was := i.decided
			p.decideCall(i)
			if was == nil || i.decided.op != was.op {
				n.outdateValue()
			}
		}
	}
}

func (p *Planner) decideCall(i *instance) {
	if i.decided != nil && i.decided.op == Read {
		return
	}
	i.decided = &decision{op: NoOp}
	switch b := i.block(); {
	case i.reads(), p.opts.Drift:
	case b.Def.Awaits && i.afterChange():
		i.decided.op, i.decided.reason = Run, "waits for what comes before it"
	case i.reply != nil && !i.reply.WouldRun:
	case i.runsAlways():
		i.decided.op = Always
	case len(b.TriggeredBy) == 0 && b.Triggers == nil:
		i.decided.op = Run // its guard lets it
	default:
		p.decideTriggered(i)
	}
}

// afterChange reports whether something changes that a call comes after.
func (i *instance) afterChange() bool {
	return slices.ContainsFunc(i.preds, func(q *instance) bool { return q.changes() })
}

func (p *Planner) decideTriggered(i *instance) {
	d := i.decided
	for _, q := range i.triggers {
		if q.changes() {
			d.triggeredBy = append(d.triggeredBy, q.addr)
		}
	}
	owed := p.debts.owedBy(i)
	changed, diags := p.triggersChanged(i)
	if diags.HasErrors() {
		for _, d := range diags {
			p.problems.reportDiag(i, d)
		}
		i.breaks()
		return
	}
	switch {
	case len(d.triggeredBy) > 0:
		d.op, d.reason = Run, "triggered by "+strings.Join(d.triggeredBy, ", ")
	case len(owed) > 0:
		d.op, d.reason, d.triggeredBy = Run, "owed since an earlier apply to "+strings.Join(owed, ", "), owed
	case changed:
		d.op, d.reason = Run, "its triggers changed"
		if v, _ := p.triggersValue(i); config.IsVolatile(v) {
			d.reason = "its triggers are new at every apply"
		}
	}
}

// triggersChanged reports whether the argument triggers differs from what it was
// when the call last ran.
func (p *Planner) triggersChanged(i *instance) (bool, hcl.Diagnostics) {
	if i.block().Triggers == nil {
		return false, nil
	}
	v, diags := p.triggersValue(i)
	prior, recorded := p.record.lookup(i.addr)
	if diags.HasErrors() || !recorded || !v.IsWhollyKnown() {
		return true, diags
	}
	return !p.record.digests.isOfValue(v, prior.Triggers), diags
}

// triggersKept reports whether a call's argument triggers is what it was when
// the call last ran: one that its guard kept from running may have another.
func (p *Planner) triggersKept(i *instance) bool {
	changed, diags := p.triggersChanged(i)
	return !changed && !diags.HasErrors()
}

// triggersValue is the value of the argument triggers.
func (p *Planner) triggersValue(i *instance) (cty.Value, hcl.Diagnostics) {
	return config.EvalExpr(i.block().Triggers, p.scopeOf(i), cty.DynamicPseudoType)
}

// triggersDigest is what is recorded of the argument triggers; "" while
// something in it is unknown, which differs from everything recorded.
func (p *Planner) triggersDigest(i *instance) (string, hcl.Diagnostics) {
	v, diags := p.triggersValue(i)
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return "", diags
	}
	return p.record.digests.ofValue(v), diags
}
