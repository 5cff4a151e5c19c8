package planner

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// expand makes the instances of a block once `on`, `for_each` and `count` are
// known.
func (p *Planner) expand(n *node) {
	if n.expanded() || n.ended() {
		return
	}
	members, stop := p.members(n)
	switch {
	case stop == nil:
	case stop.diags.HasErrors():
		p.failNode(n, stop.diags)
		return
	default:
		p.waitNode(n, stop.unknown)
		return
	}
	for m := range members {
		p.selectors.choose(p.newInstance(n, m))
	}
	n.become(nodeExpanded)
	p.touchUsers(n)
	for _, i := range n.insts {
		p.dirty[i] = true
		if n.outputs && !p.opts.Drift {
			i.wanted = true
		}
	}
}

// newInstance adds an instance to its block.
func (g *graph) newInstance(n *node, m member) *instance {
	i := &instance{
		node: n, pos: len(n.insts),
		placement: placement{on: m.ctx, each: m.each, count: m.count},
	}
	n.open++
	if n.onMap {
		i.onKey = m.onKey
		n.onKeys[m.onKey] = true
	}
	i.keys, i.addr = n.name(m)
	if i.on != nil {
		i.on.attached = append(i.on.attached, i)
	}
	n.insts = append(n.insts, i)
	n.byKey[keyOf(i.keys)] = i
	g.instances[i.addr] = i
	return i
}

// name gives the keys and the address of an instance.
func (n *node) name(m member) (keys []string, address string) {
	a := config.Address{Block: n.addr}
	if n.onMap {
		keys, a.Keys = append(keys, m.onKey), append(a.Keys, config.Key{Text: m.onKey})
	}
	if n.perEach {
		keys, a.Keys = append(keys, m.key), append(a.Keys, config.Key{Text: m.key, Index: n.counted})
	}
	return keys, a.String()
}

// waitNode leaves a block unexpanded, because an argument that says which
// instances there are is unknown. What that argument refers to is looked at. If
// none of it can become better known in this plan, the block is deferred.
func (p *Planner) waitNode(n *node, what string) {
	if !n.sought {
		return
	}
	p.wakeRefs(n)
	for _, r := range n.refs {
		switch {
		case r.to.failed() && !n.excluded:
			n.become(nodeFailed)
			p.touchUsers(n)
			return
		case r.to.failed(), r.to.leftOut():
			p.leaveOutNode(n)
			return
		}
	}
	for _, r := range n.refs {
		if !r.to.settled() {
			return
		}
	}
	p.deferNode(n, what)
}

func (p *Planner) deferNode(n *node, what string) {
	if n.excluded {
		p.leaveOutNode(n)
		return
	}
	for _, r := range n.refs {
		for _, i := range r.to.insts {
			if i.verdict == excluded {
				p.leaveOutNode(n)
				return
			}
			if i.verdict == failed || i.verdict == skipped {
				n.become(nodeFailed) // its cause has been reported
				p.touchUsers(n)
				return
			}
		}
	}
	n.deferred = what + " depends on values that are known after apply"
	if cause := n.awaited(what); cause != "" {
		n.deferred = what + " waits for " + cause
	}
	n.become(nodeDeferred)
	p.touchUsers(n)
}

// awaited says what an argument that says which instances there are waits for,
// or "" if nothing that it refers to explains that.
func (n *node) awaited(what string) string {
	expr := map[string]hcl.Expression{"on": n.block.On, "for_each": n.block.ForEach, "count": n.block.Count}[what]
	for _, r := range n.refs {
		if !standsIn(expr, r.at) || r.explicit {
			continue
		}
		if r.to.deferred != "" {
			return r.to.addr
		}
		for _, q := range r.to.insts {
			if q.verdict == deferred || q.verdict == done && q.changes() {
				return q.addr
			}
		}
	}
	return ""
}

// failNode ends a block that cannot be expanded. The error is reported only if
// the block is in the plan: it was asked for, or something that was depends on
// it.
func (p *Planner) failNode(n *node, diags hcl.Diagnostics) {
	switch {
	case !n.sought:
		return
	case n.excluded:
		p.leaveOutNode(n)
		return
	}
	n.become(nodeFailed)
	p.problems.add(diags)
	p.touchUsers(n)
}
