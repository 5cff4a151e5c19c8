package planner

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// decideCalls says of every call that has been looked at whether it runs,
// those that others are triggered by first.
func (p *Planner) decideCalls() {
	for _, n := range p.nodes {
		if n.block.Type != config.CallBlock {
			continue
		}
		for _, i := range n.insts {
			if i.outcome != done {
				continue
			}
			was, had := i.op, i.opDecided
			p.decideCall(i)
			if i.op != was || !had {
				n.stale = true
			}
		}
	}
}

func (p *Planner) decideCall(i *instance) {
	i.opDecided, i.op, i.callReason, i.triggeredBy = true, NoOp, "", nil
	switch {
	case i.readLater:
		i.op, i.callReason = Read, "waits for what comes before it"
		return
	case p.readOnly(i):
		return
	case p.opts.Drift:
		i.passedOver = len(i.block().TriggeredBy) == 0 && i.block().Triggers == nil && !i.guarded()
		return
	case i.reply != nil && !i.reply.WouldRun:
		return
	}
	b := i.block()
	if len(b.TriggeredBy) == 0 && b.Triggers == nil {
		i.op = Always
		if i.guarded() {
			i.op = Run
		}
		return
	}
	p.decideTriggered(i)
}

func (p *Planner) decideTriggered(i *instance) {
	for _, q := range i.triggers {
		if q.changes() {
			i.triggeredBy = append(i.triggeredBy, q.addr)
		}
	}
	owed := p.owed(i)
	changed, diags := p.triggersChanged(i)
	if diags.HasErrors() {
		for _, d := range diags {
			p.reportDiag(i, d)
		}
		p.breaks(i)
		return
	}
	switch {
	case len(i.triggeredBy) > 0:
		i.op, i.callReason = Run, "triggered by "+strings.Join(i.triggeredBy, ", ")
	case len(owed) > 0:
		i.op, i.callReason, i.triggeredBy = Run, "owed since an earlier apply to "+strings.Join(owed, ", "), owed
	case changed:
		i.op, i.callReason = Run, "its triggers changed"
		if v, _ := p.triggersValue(i); config.IsVolatile(v) {
			i.callReason = "its triggers are new at every apply"
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
	prior, recorded := p.prior(i.addr)
	if diags.HasErrors() || !recorded || !v.IsWhollyKnown() {
		return true, diags
	}
	return !p.recordedValue(v, prior.Triggers), diags
}

// TriggersKept reports whether a call's argument triggers is what it was when
// the call last ran: one that its guard kept from running may have another.
func (p *Planner) TriggersKept(address string) bool {
	i := p.instances[address]
	if i == nil {
		return false
	}
	changed, diags := p.triggersChanged(i)
	return !changed && !diags.HasErrors()
}

func (p *Planner) prior(address string) (Recorded, bool) {
	if p.opts.Prior == nil {
		return Recorded{}, false
	}
	return p.opts.Prior.Lookup(address)
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
	return p.digestOfValue(v), diags
}
