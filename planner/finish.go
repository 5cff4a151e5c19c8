package planner

import (
	"slices"
)

// release is called when nothing runs and nothing may start. It makes one of the
// decisions that had to wait for that, the least far-reaching first, and reports
// whether anything can go on because of it.
func (p *Planner) release() bool {
	p.takeBack()
	p.cancelOut()
	p.compareVolatile()
	if p.bringEdits() || p.holdBack() {
		return true
	}
	p.decideCalls()
	return p.releaseQuiet() || p.renew() || p.postponeWaiting() || p.settleStuck()
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

// cancelOut finds chains of actions on one thing that together leave it as it
// is, and marks each member. The check of the last member has said so.
func (p *Planner) cancelOut() {
	for _, m := range p.order.machines {
		restored := map[*instance]int{} // how many of the things that each writes end as they are now
		for thing, writers := range m.writers {
			last := lastOf(writers)
			if last == nil || last.change == nil || !slices.Contains(last.change.Restores, thing) {
				continue
			}
			for _, w := range writers {
				restored[w]++
			}
		}
		for _, writers := range m.writers {
			for _, w := range writers {
				w.setCancelsOut(w.change != nil && len(w.change.Writes) > 0 && len(w.unknown) == 0 && restored[w] == len(w.change.Writes))
			}
		}
	}
}

// lastOf is the writer that comes after all others, nil if there is none.
func lastOf(writers []*instance) *instance {
	if len(writers) == 1 {
		return writers[0]
	}
	before := map[*instance]bool{} // what any of them comes after
	for _, w := range writers {
		if !before[w] {
			addBefore(w, before)
		}
	}
	var last *instance
	for _, w := range writers {
		switch {
		case before[w]:
		case last != nil:
			return nil
		default:
			last = w
		}
	}
	return last
}

// addBefore adds everything that comes before an instance to a set that is
// closed in this respect.
func addBefore(i *instance, set map[*instance]bool) {
	for stack := []*instance{i}; len(stack) > 0; {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, q := range x.preds {
			if !set[q] {
				set[q] = true
				stack = append(stack, q)
			}
		}
	}
}
