package planner

import "slices"

// release is called when nothing runs and nothing may start. It makes one of the
// decisions that had to wait for that, the least far-reaching first, and reports
// whether anything can go on because of it.
func (p *Planner) release() bool {
	p.takeBack()
	p.order.cancelOut()
	p.compareVolatile()
	if len(p.selectors.targets) > 0 && p.companions.bringEdits() || p.holdBack() || p.leaveContents() {
		return true
	}
	p.decideCalls()
	return p.releaseQuiet() || !p.opts.Drift && p.renewer.renew() || p.postponeWaiting() || p.settleStuck() || p.purge() || p.depart()
}

// releaseQuiet puts instances that waited back into the queue, if it is known by
// now that what comes before them changes nothing that they have to wait for. It
// reports whether there was one.
func (p *Planner) releaseQuiet() bool {
	released := false
	for _, i := range sortedInstances(p.waiting) {
		if anyHoldsUp(i) {
			continue
		}
		delete(p.waiting, i)
		i.move(release)
		p.ready = append(p.ready, i)
		released = true
	}
	return released
}

func anyHoldsUp(i *instance) bool {
	for _, q := range i.preds {
		if !q.settled() || i.holdsUp(q) {
			return true
		}
	}
	return false
}

// postponeWaiting leaves what comes after a change to the apply: a context is
// deferred with all that is in it, and a read-only call becomes an action. It
// reports whether there was one.
func (p *Planner) postponeWaiting() bool {
	waiting := sortedInstances(p.waiting)
	for _, i := range waiting {
		if i.isContext() {
			p.settle(i, deferred, "waits for "+waitsFor(i))
		} else {
			p.leaveToApply(i)
		}
	}
	return len(waiting) > 0
}

// waitsFor returns the name of what an instance waits for. Of a collection that
// is the member with the instance's own key if that one changes, and the whole
// collection otherwise.
func waitsFor(i *instance) string {
	var changing []*instance
	for _, q := range i.preds {
		if !q.settled() || i.holdsUp(q) {
			changing = append(changing, q)
		}
	}
	if len(changing) == 0 {
		return "what comes before it"
	}
	first := changing[0]
	for _, q := range changing {
		if q.node != first.node {
			continue
		}
		if slices.Equal(q.keys, i.keys) {
			return q.addr
		}
		if q != first {
			return first.node.addr
		}
	}
	return first.addr
}

// settleStuck defers the first block that waits for something which will not
// come in this plan, or the instances of it that do. It reports whether there
// was one.
func (p *Planner) settleStuck() bool {
	for _, n := range p.nodes {
		if !n.expanded() && !n.ended() && n.sought {
			p.deferNode(n, "it")
			return true
		}
		stuck := false
		for _, i := range n.insts {
			if i.wanted && i.phase < sent {
				p.settle(i, deferred, i.awaited(nil))
				stuck = true
			}
		}
		if stuck {
			return true
		}
	}
	return false
}
