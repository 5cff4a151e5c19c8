package planner

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// ref is one reference from a block to another, with what it means for the order
// of the two. newGraph makes it from the expressions and lists of the block.
type ref struct {
	to *node
	config.Reference
	// ordered is true if the referrer comes after what it refers to;
	// explicit is true for depends_on and triggered_by.
	ordered, explicit, trigger bool
	// expansion is true if only the block's expansion depends on it: it
	// stands in on, for_each or count.
	expansion bool
	// at is where the block says it: of what a local refers to, the local's name.
	at hcl.Range
	// viaLocal is true if it came through a local, so that nothing is known
	// about which instance is meant.
	viaLocal bool
}

// refsOf are the references of a block to other blocks. Ordering follows from
// references of resources and calls to each other; a context is what things run
// in and orders nothing.
func (g *graph) refsOf(b *config.Block) []ref {
	var out []ref
	// add adds a reference for each target; how says what they have in common.
	add := func(targets []config.Reference, how ref) {
		for _, r := range targets {
			if to := g.byAddress[r.Address]; to != nil {
				how.to, how.Reference, how.ordered = to, r, to.block.Type != config.ContextBlock
				out = append(out, how)
			}
		}
	}
	add(b.DependsOn, ref{explicit: true})
	add(b.TriggeredBy, ref{explicit: true, trigger: true})
	seen, listed := map[string]bool{}, listedRanges(b)
	for _, r := range b.References() {
		how := ref{at: r.Range, expansion: expands(b, r)}
		switch {
		case r.Kind == config.RefLocal:
			how.viaLocal = true
			add(g.localRefs(r.Address, seen), how)
		case !listed[r.Range]:
			add([]config.Reference{r}, how)
		}
	}
	return out
}

// namedRefs returns the references that name instances by key, for those nodes
// that the block refers to in no other way. Such a block waits for the instances
// that it names, and not for the rest of the collection.
func namedRefs(refs []ref) map[*node][]ref {
	out := map[*node][]ref{}
	whole := map[*node]bool{}
	for _, r := range refs {
		switch {
		case r.expansion || r.explicit:
		case r.viaLocal || r.KeyExpr == nil && r.Key == cty.NilVal:
			whole[r.to] = true
		default:
			out[r.to] = append(out[r.to], r)
		}
	}
	for n := range whole {
		delete(out, n)
	}
	return out
}

// expands reports whether a reference stands in an argument that says which
// instances there are.
func expands(b *config.Block, r config.Reference) bool {
	return slices.ContainsFunc([]hcl.Expression{b.On, b.ForEach, b.Count}, func(expr hcl.Expression) bool { return standsIn(expr, r.Range) })
}

func standsIn(expr hcl.Expression, at hcl.Range) bool {
	return expr != nil && expr.Range().Filename == at.Filename && expr.Range().ContainsPos(at.Start)
}

// listedRanges are the places of the references in depends_on and triggered_by.
func listedRanges(b *config.Block) map[hcl.Range]bool {
	out := map[hcl.Range]bool{}
	for _, list := range [][]config.Reference{b.DependsOn, b.TriggeredBy} {
		for _, r := range list {
			out[r.Range] = true
		}
	}
	return out
}

// localRefs are the references to blocks that a local stands for.
func (g *graph) localRefs(address string, seen map[string]bool) []config.Reference {
	if seen[address] {
		return nil
	}
	seen[address] = true
	l := g.cfg.Local(address)
	if l == nil {
		return nil
	}
	var out []config.Reference
	for _, r := range l.References() {
		if r.Kind == config.RefLocal {
			out = append(out, g.localRefs(r.Address, seen)...)
			continue
		}
		out = append(out, r)
	}
	return out
}

// expandsBy reports whether a reference says only which instances there are, and
// has done so. A reference whose value is still to come in each.value has not.
func (n *node) expandsBy(r ref) bool { return r.expansion && n.each == eachKnown }
