package planner

import "github.com/hashicorp/hcl/v2"

// settle ends an instance and marks everything that waited for it to be looked
// at again.
func (p *Planner) settle(i *instance, v verdict, reason string) {
	if i.settled() {
		return
	}
	delete(p.waiting, i)
	i.finish(v, reason)
	for _, f := range i.followers {
		p.dirty[f] = true
	}
	for _, l := range i.lookers {
		p.dirty[l] = true
	}
	i.lookers = nil
	for _, a := range i.attached {
		p.dirty[a] = true
	}
	if i.node.open == 0 {
		p.touchUsers(i.node)
	}
}

// touchUsers marks everything that refers to a node to be looked at again.
func (p *Planner) touchUsers(n *node) {
	n.stale = true
	for _, u := range n.users {
		u.eachStale = true
		if !u.expanded() {
			p.dirtyNodes[u] = true
			continue
		}
		for _, i := range u.insts {
			if i.phase < sent {
				p.dirty[i] = true
			}
		}
	}
}

// want marks an instance as needed by this plan, and for a context what it is
// reached through. An instance that nobody wants is not looked at, and a context
// that nobody wants is never started.
func (p *Planner) want(i *instance) {
	if i == nil || i.wanted {
		return
	}
	i.wanted = true
	p.dirty[i] = true
	if i.via != nil {
		p.want(i.via)
	}
}

// wakeRefs marks everything as wanted that the expansion of a node refers to.
func (p *Planner) wakeRefs(n *node) {
	for _, r := range n.refs {
		if r.expansion {
			p.seek(r.to)
			p.wantAll(r.to.insts)
		}
	}
}

// wakeValues marks everything as wanted that the values of an instance refer to:
// the members of a collection that it names by key, or the whole collection.
func (p *Planner) wakeValues(i *instance) {
	p.want(i.on)
	for _, r := range i.node.refs {
		if i.node.expandsBy(r) || r.explicit {
			continue
		}
		if len(i.node.named[r.to]) > 0 {
			if members, ok := p.namedBy(i, r.to, p.ownWords(i)); ok {
				for _, insts := range members {
					p.wantAll(insts)
				}
				continue
			}
		}
		p.seek(r.to)
		if !r.to.woken && r.to.expanded() {
			r.to.woken = true
			p.wantAll(r.to.insts)
		}
	}
}

func (p *Planner) wantAll(insts []*instance) {
	for _, i := range insts {
		p.want(i)
	}
}

// seek has a block expanded, because something that was asked for depends on it.
func (p *Planner) seek(n *node) {
	if !n.sought {
		n.sought = true
		p.dirtyNodes[n] = true
	}
}

// breaks makes an instance fail that was looked at before. Its reason stays.
func (p *Planner) breaks(i *instance) {
	i.finish(failed, i.reason)
}

// failDiags ends an instance with problems of its configuration.
func (p *Planner) failDiags(i *instance, diags hcl.Diagnostics) {
	reason := ""
	for _, d := range diags {
		p.reportDiag(i, d)
		if reason == "" && d.Severity == hcl.DiagError {
			reason = d.Summary
		}
	}
	p.settle(i, failed, reason)
}
