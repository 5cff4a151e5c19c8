package planner

// targetBelow asks for everything on a context, and on those reached through
// it.
func (ag *agenda) targetBelow(ctx *instance) {
	if ctx.targeted {
		return
	}
	ctx.targeted = true
	for _, a := range ctx.attached {
		if a.isContext() {
			ag.targetBelow(a)
		} else {
			ag.want(a)
		}
	}
}

// goneWith settles an instance whose context is disabled or was left out, and
// reports whether it did. The instance's own arguments make no difference to
// that.
func (ag *agenda) goneWith(i *instance) bool {
	for _, ctx := range []*instance{i.on, i.via} {
		switch {
		case ctx == nil:
		case ctx.verdict == excluded:
			ag.settle(i, excluded, ctx.addr+" is left out")
			return true
		case ctx.verdict == disabled:
			ag.settle(i, disabled, "")
			return true
		}
	}
	return false
}

// leftOutRef names a block or instance that an instance refers to and that was
// left out, so that its values will never be known; "" if there is none.
func (ag *agenda) leftOutRef(i *instance) string {
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
func (ag *agenda) excludeFor(i *instance) bool {
	cause := ag.leftOutRef(i)
	if cause != "" {
		ag.settle(i, excluded, cause+" is left out")
	}
	return cause != ""
}

// leaveOutNode ends a block that cannot expand, because that hangs on something
// that was left out, or which was left out itself.
func (ag *agenda) leaveOutNode(n *node) {
	n.become(nodeLeftOut)
	ag.touchUsers(n)
}
