package planner

import "github.com/mitoplan/mitoplan/config"

// targetBelow asks for everything on a context, and on those reached through
// it.
func (p *Planner) targetBelow(ctx *instance) {
	if ctx.targeted {
		return
	}
	ctx.targeted = true
	for _, a := range ctx.attached {
		if a.isContext() {
			p.targetBelow(a)
		} else {
			p.want(a)
		}
	}
}

// goneWith settles an instance whose context is disabled or was left out, and
// reports whether it did. The instance's own arguments make no difference to
// that.
func (p *Planner) goneWith(i *instance) bool {
	for _, ctx := range []*instance{i.on, i.via} {
		switch {
		case ctx == nil:
		case ctx.verdict == excluded:
			p.settle(i, excluded, config.Label(ctx.addr)+" is left out")
			return true
		case ctx.verdict == disabled:
			p.settle(i, disabled, "")
			return true
		}
	}
	return false
}

// leftOutRef names a block or instance that an instance refers to and that was
// left out, so that its values will never be known; "" if there is none.
func (p *Planner) leftOutRef(i *instance) string {
	for _, r := range i.node.refs {
		if r.expansion {
			continue
		}
		if r.to.leftOut() {
			return r.to.addr
		}
		for _, q := range match(i, r) {
			if q.verdict == excluded {
				return q.addr
			}
		}
	}
	return ""
}

// excludeFor settles an instance if something of it stays unknown because of
// what was left out, and reports whether it did.
func (p *Planner) excludeFor(i *instance) bool {
	cause := p.leftOutRef(i)
	if cause != "" {
		p.settle(i, excluded, cause+" is left out")
	}
	return cause != ""
}

// leaveOutNode ends a block that cannot expand, because that hangs on something
// that was left out, or which was left out itself.
func (p *Planner) leaveOutNode(n *node) {
	n.become(nodeLeftOut)
	p.touchUsers(n)
}
