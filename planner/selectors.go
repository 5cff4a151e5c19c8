package planner

import (
	"fmt"
	"slices"

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

// settled reports whether the selector names something, so that there is nothing
// wrong with it.
func (s *selector) settled() bool {
	return s.problem == nil && s.node != nil && (len(s.address.Keys) == 0 || s.found)
}

// meaning is what an address means: a block, or those of its instances whose keys begin
// with some.
type meaning struct {
	node *node
	keys string // see joined
}

// selectorIndex finds the selectors that name an instance, however many there are.
type selectorIndex map[meaning][]*selector

func indexSelectors(list []*selector) selectorIndex {
	out := selectorIndex{}
	for _, s := range list {
		var keys []string
		for _, k := range s.address.Keys {
			keys = append(keys, k.Text)
		}
		if s.node != nil {
			at := meaning{s.node, joined(keys)}
			out[at] = append(out[at], s)
		}
	}
	return out
}

// joined is the same for no other keys.
func joined(keys []string) string { return fmt.Sprintf("%q", keys) }

// has reports whether an instance is one that a selector means by itself, and notes
// that these were found.
func (l selectorIndex) has(i *instance) bool {
	if len(l) == 0 {
		return false
	}
	any := false
	for n := range len(i.keys) + 1 {
		for _, s := range l[meaning{i.node, joined(i.keys[:n])}] {
			any, s.found = true, true
		}
	}
	return any
}

// selectors are all that -target and -exclude say, and decide by it which blocks
// and instances belong to a plan. The Planner has one, and it needs no Planner.
type selectors struct {
	*graph
	targets, excludes []*selector
	asked, left       selectorIndex  // the same, to be looked up
	open              []*selector    // those of which it is not known yet what they name
	searched          map[*node]bool // see find
	// prior is the record: what was asked for may be there alone. destroys is true if
	// nothing of the configuration is planned.
	prior    Prior
	destroys bool
}

// newSelectors reads -target and -exclude, and marks the blocks that were asked
// for by themselves. What these depend on is marked as wanted when they are
// linked.
func newSelectors(g *graph, o Options) *selectors {
	ss := &selectors{graph: g, searched: map[*node]bool{}, prior: o.Prior, destroys: o.Destroy}
	ss.targets, ss.excludes = ss.parse("-target", o.Targets), ss.parse("-exclude", o.Excludes)
	ss.asked, ss.left = indexSelectors(ss.targets), indexSelectors(ss.excludes)
	ss.open = slices.Concat(ss.targets, ss.excludes)
	ss.markBlocks()
	return ss
}

// markBlocks marks the blocks that were asked for, and those that were left out,
// by themselves.
func (ss *selectors) markBlocks() {
	for _, n := range ss.nodes {
		n.sought = len(ss.targets) == 0 && !ss.destroys || ss.destroys && n.isContext()
	}
	if ss.destroys {
		return
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
	if ss.left.has(i) {
		i.finish(excluded, "")
	}
	asked := ss.asked.has(i) || len(ss.targets) == 0
	switch {
	case ss.destroys:
	case i.isContext():
		i.targeted = asked && len(ss.targets) > 0
	case i.on.verdict == excluded:
		i.finish(excluded, "")
	default:
		i.wanted = asked || i.on.targeted
	}
}

// chosen reports whether something that departs belongs to the plan: by its address, or
// by its context. What has another thing at its address goes with that.
func (ss *selectors) chosen(d *departure, ctx *instance) bool {
	return !ss.means(ss.excludes, d, ctx) && (len(ss.targets) == 0 || ss.means(ss.targets, d, ctx))
}

// means reports whether one of some selectors means something that departs.
func (ss *selectors) means(list []*selector, d *departure, ctx *instance) bool {
	return slices.ContainsFunc(list, func(s *selector) bool {
		return s.address.Includes(d.addr) || s.address.Includes(d.was.Context) || ctx != nil && ss.includesVia(s, ctx)
	})
}

// includesVia reports whether a selector means a context, or one that it is reached through.
func (ss *selectors) includesVia(s *selector, ctx *instance) bool {
	for c := ctx; c != nil; c = c.via {
		if s.address.Includes(c.addr) {
			return true
		}
	}
	return false
}

// isRecorded reports whether a selector means something that is recorded.
func (ss *selectors) isRecorded(s *selector) bool {
	return ss.prior != nil && (slices.ContainsFunc(ss.prior.Addresses(), s.address.Includes) || slices.ContainsFunc(ss.prior.Interrupted(), s.address.Includes))
}
