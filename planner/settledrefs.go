package planner

// refsSettled reports whether nothing that an instance refers to will become
// better known in this plan.
func (vs *values) refsSettled(i *instance) bool {
	for _, r := range i.node.refs {
		if !i.node.expandsBy(r) && !r.to.settled() && !vs.namedSettled(i, r.to) {
			return false
		}
	}
	return i.on == nil || i.on.settled()
}

// namedSettled reports whether the members of a collection that an instance
// names are settled, though others may not be.
func (vs *values) namedSettled(i *instance, n *node) bool {
	if len(i.node.named[n]) == 0 {
		return false
	}
	members, ok := vs.namedBy(i, n, vs.ownNames(i))
	for _, insts := range members {
		for _, q := range insts {
			ok = ok && q.settled()
		}
	}
	return ok
}

// brokenRef names a block or instance that an instance refers to and that has
// a problem, so that values will never be known; "" if there is none.
func (vs *values) brokenRef(i *instance) string {
	for _, r := range i.node.refs {
		if i.node.expandsBy(r) {
			continue
		}
		if r.to.failed() {
			return r.to.addr + " failed"
		}
		if r.to.broken == 0 {
			continue
		}
		for _, q := range match(i, r) {
			switch q.verdict {
			case failed:
				return q.addr + " failed"
			case skipped:
				if q.reason != "" {
					return q.reason
				}
				return q.addr + " was skipped"
			}
		}
	}
	if i.on != nil && (i.on.verdict == failed || i.on.verdict == skipped) {
		return i.on.whyNotUp()
	}
	return ""
}
