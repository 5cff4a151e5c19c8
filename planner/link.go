package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// link adds the edges to the instances that come before this one. It returns
// false if a block that the instance refers to has not expanded, or if the
// instance has settled because of it.
func (p *Planner) link(i *instance) bool {
	if i.passed(linked) {
		return true
	}
	for _, r := range i.node.refs {
		if !r.ordered || r.to.expanded() {
			continue
		}
		switch {
		case r.to.failed():
			p.settle(i, skipped, r.to.addr+" failed")
			return false
		case r.to.leftOut():
			p.settle(i, excluded, r.to.addr+" is left out")
			return false
		case r.to.deferred != "":
			p.settle(i, deferred, "waits for "+r.to.addr)
			return false
		}
		p.seek(r.to)
		p.wakeRefs(r.to)
		return false
	}
	for _, r := range i.node.refs {
		if !r.ordered {
			continue
		}
		matched := match(i, r)
		if d := noInstance(r, matched); d != nil {
			p.failDiags(i, hcl.Diagnostics{d})
			return false
		}
		for _, q := range matched {
			p.addPred(i, q)
			if r.trigger {
				i.triggers = append(i.triggers, q)
			}
		}
	}
	i.move(link)
	return true
}

// noInstance returns the error of a reference in depends_on or triggered_by that
// names an instance which does not exist: what waits for it would never run. If
// the block has no instances at all, any may be named.
func noInstance(r ref, matched []*instance) *hcl.Diagnostic {
	if !r.explicit || r.Key == cty.NilVal || len(r.to.insts) == 0 || len(matched) > 0 {
		return nil
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Unknown instance",
		Detail: noSuchKey(r.to, []config.Key{{Text: keyString(r.Key), Index: r.Key.Type() == cty.Number}}), Subject: r.Range.Ptr(),
	}
}

func (p *Planner) addPred(i, q *instance) {
	if i.follow(q) {
		p.want(q)
	}
}

// orderAdded is called by ordering when i was put after q because of what they are
// about. If i was checked already, it is checked again.
func (p *Planner) orderAdded(i, q *instance) {
	p.want(q)
	if i.asked() && !i.isContext() {
		p.askAgain(i)
	}
}

// refsSettled reports whether nothing that an instance refers to will become
// better known in this plan.
func (p *Planner) refsSettled(i *instance) bool {
	for _, r := range i.node.refs {
		if !i.node.expandsBy(r) && !r.to.settled() && !p.namedSettled(i, r.to) {
			return false
		}
	}
	return i.on == nil || i.on.settled()
}

// namedSettled reports whether the members of a collection that an instance
// names are settled, though others may not be.
func (p *Planner) namedSettled(i *instance, n *node) bool {
	if len(i.node.named[n]) == 0 {
		return false
	}
	members, ok := p.namedBy(i, n, p.ownNames(i))
	for _, insts := range members {
		for _, q := range insts {
			ok = ok && q.settled()
		}
	}
	return ok
}

// brokenRef names a block or instance that an instance refers to and that has
// a problem, so that values will never be known; "" if there is none.
func (p *Planner) brokenRef(i *instance) string {
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
		return config.Label(i.on.addr) + " is unreachable"
	}
	return ""
}
