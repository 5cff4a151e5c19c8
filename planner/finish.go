package planner

import (
	"slices"
)

// release is called when nothing runs and nothing may start. It decides what
// could not be decided before, a little at a time, and reports whether that let
// anything go on.
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

// releaseQuiet lets those go on that waited for predecessors of which is now
// known that they change nothing that it waits for.
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

// postponeWaiting leaves to the apply what comes after something that changes:
// a context is deferred with all that is in it, a read-only call becomes an
// action.
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

// waitsFor names what an instance waits for: of a collection the member with its
// own key, where that changes, and the whole where others do.
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

// settleStuck defers the first block, or the first block's instances, that wait
// for something that will not come in this plan.
func (p *Planner) settleStuck() bool {
	for _, n := range p.nodes {
		if !n.expanded && !n.ended() && n.sought {
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

// cancelOut finds the chains of actions on one thing that leave it as it is:
// the last of them said so.
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

// lastOf is the writer that comes after all others, nil where there is none.
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
