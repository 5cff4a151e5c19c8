package planner

import (
	"slices"
)

// unblocked reports whether no predecessor rules the instance out. If one does,
// the instance is settled accordingly.
func (ag *agenda) unblocked(i *instance) bool {
	v, reason := blocked(i)
	if v == pending {
		return true
	}
	ag.settle(i, v, reason)
	return false
}

// blocked returns how an instance ends because of a predecessor that failed, was
// skipped or deferred, and why. It returns pending if none of them is in the
// way.
func blocked(i *instance) (verdict, string) {
	for _, q := range i.preds {
		if i.goesPast(q) {
			continue
		}
		switch q.verdict {
		case failed, skipped:
			return skipped, q.addr + " failed"
		case excluded:
			return excluded, q.addr + " is excluded"
		case deferred:
			if i.isContext() || i.machine == q.machine || i.isCall() {
				return deferred, "waits for " + q.addr
			}
		}
	}
	return pending, ""
}

// takeBack ends instances that settled before it was known that something is in
// their way. There are two kinds of them: a call without guards settles before
// its context is up, and an instance on another machine does not wait for what
// comes before it. takeBack goes on until nothing changes any more, since the
// order within a machine does not follow that of the blocks.
func (ag *agenda) takeBack() {
	for again := true; again; {
		again = false
		for _, n := range ag.values.nodes {
			for _, i := range n.insts {
				again = ag.takenBack(i) || again
			}
		}
	}
	for _, i := range sortedInstances(ag.waiting) {
		ag.unblocked(i)
	}
}

func (ag *agenda) takenBack(i *instance) bool {
	if i.verdict != done || i.isContext() {
		return false
	}
	v, reason := blocked(i)
	if v == pending && i.isCall() && i.reply == nil {
		v, reason = contextGone(i.on)
	}
	if v == pending {
		return false
	}
	i.finish(v, reason)
	if i.change != nil {
		for _, thing := range i.change.Writes {
			i.machine.writesNoMore(thing, i)
		}
	}
	return true
}

// contextGone returns how a call ends whose host was never asked, because of its
// context.
func contextGone(ctx *instance) (verdict, string) {
	switch ctx.verdict {
	case failed, skipped:
		return skipped, ctx.whyNotUp()
	case excluded:
		return excluded, ctx.addr + " is left out"
	case deferred:
		return deferred, behind(ctx)
	}
	return pending, ""
}

// goesPast reports whether an edit goes on although q, which comes before it, is
// held back. It does not if it is made of the values of q.
func (i *instance) goesPast(q *instance) bool {
	if !q.held || i.machine != q.machine || i.isContext() || i.isCall() || !shareThing(i, q) {
		return false
	}
	return len(i.unknown) == 0 || !slices.ContainsFunc(i.node.refs, func(r ref) bool { return r.to == q.node })
}
