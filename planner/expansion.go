package planner

import (
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// member is what makes one instance of a block: one context of `on`, with its
// key where `on` is a collection, and one element of for_each or count.
type member struct {
	onPlace
	eachItem
}

type onPlace struct {
	onKey string
	ctx   *instance
}

type eachItem struct {
	key   string
	each  *config.Each
	count *int
}

// maxInstances is how many instances one block may have. A host chooses the
// number if for_each is made of what it says.
const maxInstances = 50_000

// members are the instances that a block expands to, as far as `on`, `for_each`
// and `count` are known.
func (vs *values) members(n *node) (iter.Seq[member], *obstacle) {
	find := vs.pairs
	if onPerItem(n.block) {
		find = vs.itemsWithPlace
	}
	return find(n)
}

// pairs are each place in `on` with each item.
func (vs *values) pairs(n *node) (iter.Seq[member], *obstacle) {
	places, stop := vs.places(n)
	if stop != nil {
		return nil, stop
	}
	items, stop := vs.items(n)
	if stop != nil {
		return nil, stop
	}
	if stop := tooMany(n, len(places)*len(items)); stop != nil {
		return nil, stop
	}
	return func(yield func(member) bool) {
		for _, pl := range places {
			for _, it := range items {
				if !yield(member{pl, it}) {
					return
				}
			}
		}
	}, nil
}

// onPerItem reports whether `on` says each or count, as in `on = each.value`:
// then every item has one context of its own.
func onPerItem(b *config.Block) bool {
	if b.On == nil {
		return false
	}
	for _, t := range b.On.Variables() {
		if root := t.RootName(); root == "each" || root == "count" {
			return true
		}
	}
	return false
}

// itemsWithPlace are each item in the context that `on` names for it.
func (vs *values) itemsWithPlace(n *node) (iter.Seq[member], *obstacle) {
	items, stop := vs.items(n)
	if stop != nil {
		return nil, stop
	}
	if stop := tooMany(n, len(items)); stop != nil {
		return nil, stop
	}
	out := make([]member, len(items))
	for k, it := range items {
		s := vs.nodeScope(n).Child()
		s.Each, s.Count = it.each, it.count
		v, diags := n.block.EvalPlace(s, "on", n.block.On)
		if stop := obstacleIn("on", v.IsKnown(), diags); stop != nil {
			return nil, stop
		}
		ctx := vs.contextOf(v)
		if ctx == nil {
			return nil, &obstacle{diags: vs.notAContext(n.block, "on", v, nil)}
		}
		out[k] = member{onPlace{ctx: ctx}, it}
	}
	return slices.Values(out), nil
}

// tooMany is in the way of a block that would have too many instances.
func tooMany(n *node, count int) *obstacle {
	if count <= maxInstances {
		return nil
	}
	return &obstacle{diags: hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Too many instances", Subject: n.block.Range.Ptr(),
		Detail: fmt.Sprintf("%s would have %d instances, and a block can have at most %d. If for_each, count or on depends on what a host reports, check that first.", n.addr, count, maxInstances),
	}}}
}

// places evaluates `on`, which every block but a context has. A context gets one
// empty place.
func (vs *values) places(n *node) ([]onPlace, *obstacle) {
	if n.block.Type == config.ContextBlock {
		return []onPlace{{}}, nil
	}
	if ctx := n.directOn(); ctx != nil {
		return placesOf(n, ctx)
	}
	v, diags := n.block.EvalPlace(vs.nodeScope(n), "on", n.block.On)
	if stop := obstacleIn("on", v.IsKnown(), diags); stop != nil {
		return nil, stop
	}
	if ctx := vs.contextOf(v); ctx != nil {
		return []onPlace{{ctx: ctx}}, nil
	}
	if v.IsNull() || !v.CanIterateElements() || v.Type().IsSetType() {
		return nil, &obstacle{diags: vs.notAContext(n.block, "on", v, nil)}
	}
	n.onMap = true
	return vs.placesIn(n, v)
}

// placesIn are the contexts of a collection that `on` is.
func (vs *values) placesIn(n *node, v cty.Value) ([]onPlace, *obstacle) {
	var out []onPlace
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if !e.IsKnown() {
			return nil, &obstacle{unknown: "on"}
		}
		if e.IsNull() {
			continue // a disabled context
		}
		ctx := vs.contextOf(e)
		if ctx == nil {
			return nil, &obstacle{diags: vs.notAContext(n.block, "on", e, &config.Key{Text: keyString(k), Index: k.Type() == cty.Number})}
		}
		out = append(out, onPlace{onKey: keyString(k), ctx: ctx})
	}
	return out, nil
}

// directOn is the block of contexts that `on` names as a whole, as in
// on = context.ssh.web; nil if `on` is another expression.
func (n *node) directOn() *node {
	if _, diags := hcl.AbsTraversalForExpr(n.block.On); diags.HasErrors() {
		return nil
	}
	for _, r := range n.refs {
		if r.to.isContext() && r.Range == n.block.On.Range() && r.Attr == "" && r.Key == cty.NilVal && r.KeyExpr == nil {
			return r.to
		}
	}
	return nil
}

// placesOf are the contexts of a block, those that are disabled included: what
// is on one of them is an instance, though a disabled one. It waits for the
// block to expand.
func placesOf(n, ctx *node) ([]onPlace, *obstacle) {
	if !ctx.expanded() {
		return nil, &obstacle{unknown: "on"}
	}
	if !ctx.perEach {
		return []onPlace{{ctx: ctx.insts[0]}}, nil
	}
	n.onMap = true
	out := make([]onPlace, 0, len(ctx.insts))
	for _, i := range ctx.insts {
		out = append(out, onPlace{onKey: i.keys[0], ctx: i})
	}
	if !ctx.counted {
		sort.Slice(out, func(a, b int) bool { return out[a].onKey < out[b].onKey })
	}
	return out, nil
}

func (vs *values) notAContext(b *config.Block, arg string, v cty.Value, key *config.Key) hcl.Diagnostics {
	return hcl.Diagnostics{b.NotAContext(vs.cfg, arg, v, key)}
}
