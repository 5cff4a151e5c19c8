package planner

import (
	"github.com/hashicorp/hcl/v2"
)

// advance takes an instance through the phases, as far as what is known now
// allows.
func (p *Planner) advance(i *instance) {
	if i.phase >= queued || !i.isContext() && !i.wanted || p.goneWith(i) {
		return
	}
	if !p.enable(i) || !p.place(i) || !p.link(i) || !p.evaluateArgs(i) || !p.locate(i) || !p.claim(i) || !p.unblocked(i) {
		return
	}
	if i.isContext() && !i.wanted {
		return
	}
	i.move(queue)
	p.ready = append(p.ready, i)
}

// enable evaluates `enabled`. It returns false if that is unknown, or if the
// instance has settled because of it.
func (p *Planner) enable(i *instance) bool {
	if i.passed(enabled) {
		return true
	}
	on, known, diags := i.block().EvalEnabled(p.scopeOf(i))
	switch {
	case diags.HasErrors():
		p.failDiags(i, diags)
	case !known:
		p.needMore(i, i.block().Enabled)
	case !on:
		p.settle(i, disabled, "")
	default:
		i.move(enable)
		return true
	}
	return false
}

// needMore is called if an expression that an instance cannot do without is
// unknown. What the expression refers to is looked at. If all of that has
// settled, only an apply can tell, and the instance is deferred.
func (p *Planner) needMore(i *instance, expr hcl.Expression) {
	p.wakeValues(i)
	if p.excludeFor(i) {
		return
	}
	if cause := p.brokenRef(i); cause != "" {
		p.settle(i, skipped, cause)
		return
	}
	if p.refsSettled(i) {
		p.settle(i, deferred, i.awaited(expr))
	}
}

// place finds the context that an instance runs in or is reached through, and
// with it the machine, unless the arguments of the instance decide that.
func (p *Planner) place(i *instance) bool {
	if !i.passed(placed) {
		if i.isContext() && !p.resolveVia(i) {
			return false
		}
		i.move(place)
	}
	if !i.isContext() {
		p.want(i.on)
		if i.machine == nil {
			i.machine = i.on.machine
		}
		return p.contextUsable(i, i.on)
	}
	if i.via != nil {
		if i.wanted {
			p.want(i.via)
		}
		if !p.contextUsable(i, i.via) {
			return false
		}
	}
	if _, decides := i.block().Def.MayLeave(); decides {
		return true // see locate
	}
	return p.locate(i)
}

// locate finds the machine of a context, once. If only an apply can tell the argument that
// decides, the context is deferred anyway, and counts as another machine.
func (p *Planner) locate(i *instance) bool {
	if i.machine == nil && i.isContext() {
		i.machine = p.order.machineOf(i)
	}
	return i.machine != nil
}

// claim puts what an instance is about into the order of its machine. It returns
// false while the machine is not known.
func (p *Planner) claim(i *instance) bool {
	if i.passed(claimed) {
		return true
	}
	if i.machine == nil {
		p.secrets.learn(i)
		return false
	}
	i.move(claimThings)
	p.order.claim(i)
	p.secrets.learn(i)
	return true
}

// contextUsable reports whether steps may be sent to a context. If the context
// will not be up in this plan, it settles the instance.
func (p *Planner) contextUsable(i, ctx *instance) bool {
	switch ctx.verdict {
	case excluded:
		p.settle(i, excluded, ctx.addr+" is left out")
		return false
	case failed, skipped:
		p.settle(i, skipped, ctx.whyNotUp())
		return false
	case deferred:
		i.cause = ctx.why()
		p.settle(i, deferred, behind(ctx))
		return false
	case disabled:
		p.settle(i, disabled, "")
		return false
	}
	return true
}

// resolveVia finds what a context is reached through. It returns false while that
// is unknown, and also when it has settled the context.
func (p *Planner) resolveVia(i *instance) bool {
	expr := i.block().Via
	if expr == nil {
		return true
	}
	v, diags := i.block().EvalPlace(p.scopeOf(i), "via", expr)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	if !v.IsKnown() {
		p.needMore(i, expr)
		return false
	}
	if v.IsNull() {
		return true
	}
	ctx := p.contextOf(v)
	if ctx == nil {
		p.failDiags(i, p.notAContext(i.block(), "via", v, nil))
		return false
	}
	i.via = ctx
	ctx.attached = append(ctx.attached, i)
	if ctx.targeted {
		p.targetBelow(i)
	}
	return true
}
