package planner

import (
	"github.com/mitoplan/mitoplan/config"
)

// selector is one -target or -exclude.
type selector struct {
	flag, text string
	address    config.Address
	problem    error // why the text is no address
	node       *node // nil where there is no such block
	found      bool  // an instance that it names
}

// names reports whether an instance is one that the selector means by itself.
func (s *selector) names(i *instance) bool {
	return s.node == i.node && s.address.Begins(i.keys)
}

// readSelectors reads -target and -exclude, and marks the blocks that were asked
// for by themselves. What these depend on is marked as wanted when they are
// linked.
func (p *Planner) readSelectors() {
	p.targets = p.selectors("-target", p.opts.Targets)
	p.excludes = p.selectors("-exclude", p.opts.Excludes)
	for _, n := range p.nodes {
		n.sought = len(p.opts.Targets) == 0
	}
	for _, s := range p.targets {
		if s.node == nil {
			continue
		}
		s.node.sought = true
		if s.node.isContext() {
			p.seekOn(s.node)
		}
	}
	for _, s := range p.excludes {
		if s.node != nil && len(s.address.Keys) == 0 {
			s.node.excluded = true
		}
	}
	if len(p.opts.Targets) == 0 {
		p.wantOutputs()
	}
}

func (p *Planner) selectors(flag string, texts []string) []*selector {
	var out []*selector
	for _, text := range texts {
		s := &selector{flag: flag, text: text}
		s.address, s.problem = config.ParseAddress(text)
		if s.problem == nil {
			s.node = p.byAddress[s.address.Block]
		}
		out = append(out, s)
	}
	return out
}

// seekOn has every block expanded that may have an instance on a context of ctx,
// or on one that is reached through it. Only then is it known which instances
// are.
func (p *Planner) seekOn(ctx *node) {
	below := map[*node]bool{ctx: true}
	for grew := true; grew; {
		grew = false
		for _, n := range p.nodes {
			if below[n] || !n.isContext() && n.sought {
				continue
			}
			for _, r := range n.refs {
				if !below[r.to] {
					continue
				}
				n.sought = true
				if n.isContext() {
					below[n], grew = true, true
				}
			}
		}
	}
}

// wantOutputs marks the contexts as wanted that an output refers to, so that
// they are started.
func (p *Planner) wantOutputs() {
	for _, o := range p.cfg.Outputs {
		for _, r := range o.References() {
			if n := p.byAddress[r.Address]; n != nil {
				n.outputs = true
			}
			for _, lr := range p.localRefs(r.Address, map[string]bool{}) {
				if n := p.byAddress[lr.Address]; n != nil {
					n.outputs = true
				}
			}
		}
	}
}

// choose decides for a new instance whether it was asked for and whether it is
// left out, by itself or with the context that it is on.
func (p *Planner) choose(i *instance) {
	for _, s := range p.excludes {
		if s.names(i) {
			i.finish(excluded, "")
		}
	}
	asked := len(p.targets) == 0
	for _, s := range p.targets {
		asked = asked || s.names(i)
	}
	switch {
	case i.isContext():
		i.targeted = asked && len(p.targets) > 0
	case i.on.verdict == excluded:
		i.finish(excluded, "")
	default:
		i.wanted = asked || i.on.targeted
	}
}

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
