package planner

import (
	"github.com/mitoplan/mitoplan/config"
)

// selector is one -target or -exclude.
type selector struct {
	flag, text string
	address    config.Address
	problem    error // why the text is no address
	node       *node // nil if there is no such block
	found      bool  // an instance that it names
}

// names reports whether an instance is one that the selector means by itself.
func (s *selector) names(i *instance) bool {
	return s.node == i.node && s.address.Begins(i.keys)
}

// selectors are all that -target and -exclude say, and decide by it which blocks
// and instances belong to a plan. The Planner has one, and it needs no Planner.
type selectors struct {
	*graph
	targets, excludes []*selector
}

// newSelectors reads -target and -exclude, and marks the blocks that were asked
// for by themselves. What these depend on is marked as wanted when they are
// linked.
func newSelectors(g *graph, targets, excludes []string) *selectors {
	ss := &selectors{graph: g}
	ss.targets, ss.excludes = ss.parse("-target", targets), ss.parse("-exclude", excludes)
	ss.markBlocks()
	return ss
}

// markBlocks marks the blocks that were asked for, and those that were left out,
// by themselves.
func (ss *selectors) markBlocks() {
	for _, n := range ss.nodes {
		n.sought = len(ss.targets) == 0
	}
	for _, s := range ss.targets {
		if s.node == nil {
			continue
		}
		s.node.sought = true
		if s.node.isContext() {
			ss.seekOn(s.node)
		}
	}
	for _, s := range ss.excludes {
		if s.node != nil && len(s.address.Keys) == 0 {
			s.node.excluded = true
		}
	}
	if len(ss.targets) == 0 {
		ss.wantOutputs()
	}
}

func (ss *selectors) parse(flag string, texts []string) []*selector {
	var out []*selector
	for _, text := range texts {
		s := &selector{flag: flag, text: text}
		s.address, s.problem = config.ParseAddress(text)
		if s.problem == nil {
			s.node = ss.byAddress[s.address.Block]
		}
		out = append(out, s)
	}
	return out
}

// seekOn has every block expanded that may have an instance on a context of ctx,
// or on one that is reached through it. Only then is it known which instances
// are.
func (ss *selectors) seekOn(ctx *node) {
	below := map[*node]bool{ctx: true}
	for grew := true; grew; {
		grew = false
		for _, n := range ss.nodes {
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
func (ss *selectors) wantOutputs() {
	for _, o := range ss.cfg.Outputs {
		for _, r := range o.References() {
			if n := ss.byAddress[r.Address]; n != nil {
				n.outputs = true
			}
			for _, lr := range ss.localRefs(r.Address, map[string]bool{}) {
				if n := ss.byAddress[lr.Address]; n != nil {
					n.outputs = true
				}
			}
		}
	}
}

// choose decides for a new instance whether it was asked for and whether it is
// left out, by itself or with the context that it is on.
func (ss *selectors) choose(i *instance) {
	for _, s := range ss.excludes {
		if s.names(i) {
			i.finish(excluded, "")
		}
	}
	asked := len(ss.targets) == 0
	for _, s := range ss.targets {
		asked = asked || s.names(i)
	}
	switch {
	case i.isContext():
		i.targeted = asked && len(ss.targets) > 0
	case i.on.verdict == excluded:
		i.finish(excluded, "")
	default:
		i.wanted = asked || i.on.targeted
	}
}
