package planner

import (
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// directOn is the block of contexts that `on` names as a whole, as in
// on = context.ssh.web; nil where `on` is another expression.
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
func (p *Planner) placesOf(n, ctx *node) ([]onPlace, bool) {
	if !ctx.expanded {
		return nil, p.waitNode(n, "on")
	}
	if !ctx.perEach {
		return []onPlace{{ctx: ctx.insts[0]}}, true
	}
	n.onMap = true
	out := make([]onPlace, 0, len(ctx.insts))
	for _, i := range ctx.insts {
		out = append(out, onPlace{key: i.keys[0], ctx: i})
	}
	if !ctx.counted {
		sort.Slice(out, func(a, b int) bool { return out[a].key < out[b].key })
	}
	return out, true
}
