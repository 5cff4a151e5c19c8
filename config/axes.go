package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// axis is one of the things that a block expands by: the contexts of on, the
// elements of for_each, or the numbers of count.
type axis struct {
	// word is what the block calls its own key: on.key, each.key or count.index.
	word string
	// source identifies what the axis goes through: two axes with the same
	// source have the same keys. It is the text of the expression after names
	// are replaced by what they stand for.
	source string
	// within is the source of which it goes through a part, as in
	// { for k, v in context.ssh.web : k => v if v.os == "linux" }; "" of others.
	within string
}

// axes are what a block expands by, in the order of its keys. sure is false if only
// the value of on decides whether it is one context or several.
func (b *Block) axes(c *Config) (out []axis, sure bool) {
	sure = true
	if b.On != nil && !b.onPerItem() {
		onAxis, known := b.onAxis(c)
		sure = known
		out = append(out, onAxis...)
	}
	switch {
	case b.ForEach != nil:
		out = append(out, axis{"each.key", c.sourceOf(b.ForEach, 0), c.partOf(b.ForEach)})
	case b.Count != nil:
		out = append(out, axis{"count.index", "count " + c.sourceOf(b.Count, 0), ""})
	}
	return out, sure
}

// onPerItem reports whether on says each or count, as in on = each.value: then
// every item has one context, and on brings no key.
func (b *Block) onPerItem() bool {
	for _, t := range b.On.Variables() {
		if root := t.RootName(); root == "each" || root == "count" {
			return true
		}
	}
	return false
}

func (b *Block) onAxis(c *Config) (out []axis, sure bool) {
	switch e := b.On.(type) {
	case *hclsyntax.ObjectConsExpr:
		return []axis{{"on.key", c.sourceOf(b.On, 0), ""}}, true
	case *hclsyntax.ForExpr:
		return []axis{{"on.key", c.sourceOf(b.On, 0), c.partOf(b.On)}}, e.KeyExpr != nil
	}
	m, ok := c.mentionOf(b.On)
	target := c.byAddress[m.ref.Address]
	if !ok || m.ref.Kind != RefContext || target == nil || target.Def == nil {
		return nil, false
	}
	if !target.mayExpand(c) || len(m.steps) > 0 {
		return nil, true
	}
	return []axis{{"on.key", c.sourceOf(b.On, 0), ""}}, true
}

// partOf is the source that a for expression keeps the keys of, whatever it
// makes of the values and leaves out; "" of another expression.
func (c *Config) partOf(expr hcl.Expression) string {
	e, ok := expr.(*hclsyntax.ForExpr)
	if !ok || e.KeyExpr == nil {
		return ""
	}
	key, ok := e.KeyExpr.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(key.Traversal) != 1 || key.Traversal.RootName() != e.KeyVar {
		return ""
	}
	return c.sourceOf(e.CollExpr, 0)
}

// maxFollowed bounds how many names are followed to what they stand for.
const maxFollowed = 32

// sourceOf is the source of an axis over an expression.
func (c *Config) sourceOf(expr hcl.Expression, depth int) string {
	m, ok := c.mentionOf(expr)
	if !ok || len(m.steps) > 0 || depth > maxFollowed {
		return c.sourceText(expr.Range())
	}
	if local := c.Local(m.ref.Address); local != nil {
		return c.sourceOf(local.Expr, depth+1)
	}
	if b := c.byAddress[m.ref.Address]; b != nil && b.Def != nil {
		switch {
		case b.ForEach != nil && (b.On == nil || b.onPerItem()):
			return c.sourceOf(b.ForEach, depth+1)
		case b.Count != nil && (b.On == nil || b.onPerItem()):
			return "count " + c.sourceOf(b.Count, depth+1)
		case b.On != nil && b.ForEach == nil && b.Count == nil:
			return c.sourceOf(b.On, depth+1)
		}
	}
	return m.ref.Address
}

// mayExpand is false if the block surely has one instance without a key.
func (b *Block) mayExpand(c *Config) bool {
	return b.ForEach != nil || b.Count != nil || b.onMayExpand(c)
}

// mayPair is true if instances may have two keys, of on and of for_each or count.
func (b *Block) mayPair(c *Config) bool {
	return (b.ForEach != nil || b.Count != nil) && b.onMayExpand(c)
}

func (b *Block) onMayExpand(c *Config) bool {
	if b.On == nil || b.onPerItem() {
		return false
	}
	target, keyed := b.onContext(c)
	return target == nil || !keyed && target.mayExpand(c)
}

// onContext is the context block that on names directly, and whether it names it
// with a key. It is nil if on is any other expression.
func (b *Block) onContext(c *Config) (target *Block, keyed bool) {
	compiled, diags := c.compiledOf(b.On)
	if diags.HasErrors() || len(compiled.refs) != 1 {
		return nil, false
	}
	ref := compiled.refs[0]
	if t, travDiags := hcl.AbsTraversalForExpr(b.On); travDiags.HasErrors() || ref.Kind != RefContext || ref.Attr != "" || len(t) > 4 {
		return nil, false
	}
	return c.byAddress[ref.Address], ref.Key != cty.NilVal
}

// meaning says what a block has instances by.
func (a axis) meaning() string {
	switch a.word {
	case "on.key":
		return "has one instance in each context of its argument on"
	case "count.index":
		return "has as many instances as its argument count says"
	}
	return "has one instance for each element of its argument for_each"
}
