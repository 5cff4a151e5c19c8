package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// mention is a reference with everything that follows the name of the thing:
// user.app["a"].name, or user.app[on.key].name, which the parser splits into two
// nested expressions.
type mention struct {
	ref   Reference
	steps []mentionStep
	rng   hcl.Range
}

// mentionStep is what follows a name: an attribute, a key in brackets, or a
// splat.
type mentionStep struct {
	name  string               // of an attribute
	key   cty.Value            // one that is written out, else cty.NilVal
	expr  hclsyntax.Expression // a key that is an expression
	splat bool
	rng   hcl.Range
}

// mentionOf is the mention that an expression consists of. It is false for any
// other expression.
func (c *Config) mentionOf(expr hcl.Expression) (mention, bool) {
	if _, native := expr.(hclsyntax.Expression); !native {
		inner := natives(expr)
		if len(inner) != 1 {
			return mention{}, false
		}
		expr = inner[0]
	}
	root, steps, ok := chainOf(expr)
	if !ok {
		return mention{}, false
	}
	ref, d := c.parseReference(root)
	if d != nil {
		return mention{}, false
	}
	rest := root[1+len(ref.path()):]
	m := mention{ref: ref, steps: append(stepsOf(rest), steps...), rng: root.SourceRange()}
	for _, s := range m.steps {
		m.rng = hcl.RangeBetween(m.rng, s.rng)
	}
	return m, true
}

// chainOf splits an expression into the names that it begins with and the steps
// that follow.
func chainOf(expr hcl.Expression) (hcl.Traversal, []mentionStep, bool) {
	switch e := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return e.Traversal, nil, true
	case *hclsyntax.ParenthesesExpr:
		return chainOf(e.Expression)
	case *hclsyntax.TemplateWrapExpr: // "${…}", which is the value itself
		return chainOf(e.Wrapped)
	case *hclsyntax.RelativeTraversalExpr:
		root, steps, ok := chainOf(e.Source)
		return root, append(steps, stepsOf(e.Traversal)...), ok
	case *hclsyntax.IndexExpr:
		root, steps, ok := chainOf(e.Collection)
		return root, append(steps, mentionStep{expr: e.Key, key: cty.NilVal, rng: e.BracketRange}), ok
	case *hclsyntax.SplatExpr:
		root, steps, ok := chainOf(e.Source)
		steps = append(steps, mentionStep{splat: true, key: cty.NilVal, rng: e.MarkerRange})
		if each, isRelative := e.Each.(*hclsyntax.RelativeTraversalExpr); isRelative {
			steps = append(steps, stepsOf(each.Traversal)...)
		}
		return root, steps, ok
	}
	return nil, nil, false
}

func stepsOf(t hcl.Traversal) (steps []mentionStep) {
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseAttr:
			steps = append(steps, mentionStep{name: s.Name, key: cty.NilVal, rng: s.SrcRange})
		case hcl.TraverseIndex:
			steps = append(steps, mentionStep{key: s.Key, rng: s.SrcRange})
		}
	}
	return steps
}

// mentionsIn are all mentions in an expression, each with all of its steps.
func (c *Config) mentionsIn(expr hcl.Expression) (out []mention) {
	for _, native := range natives(expr) {
		w := &mentionWalk{cfg: c, of: map[hcl.Range]bool{}}
		_ = hclsyntax.Walk(native, w)
		out = append(out, w.found...)
	}
	return out
}

// mentionWalk collects mentions, outermost first. A shorter mention inside one that
// was found is a part of it, and is not collected.
type mentionWalk struct {
	cfg   *Config
	of    map[hcl.Range]bool // where the names of those found stand
	found []mention
}

// Enter is called before a node's children.
func (w *mentionWalk) Enter(n hclsyntax.Node) hcl.Diagnostics {
	expr, ok := n.(hclsyntax.Expression)
	if !ok {
		return nil
	}
	if m, ok := w.cfg.mentionOf(expr); ok && !w.of[m.ref.Range] {
		root, _, _ := chainOf(expr)
		w.of[root.SourceRange()] = true
		w.found = append(w.found, m)
	}
	return nil
}

// Exit is called after a node's children.
func (w *mentionWalk) Exit(hclsyntax.Node) hcl.Diagnostics { return nil }

// given is the key that a step gives; a key that is an expression is evaluated. It
// is false for a key that is unknown or secret.
func (s mentionStep) given(ctx *hcl.EvalContext) (Key, bool) {
	v := s.key
	switch {
	case s.name != "":
		return Key{Text: s.name}, true
	case s.splat:
		return Key{}, false
	case s.expr != nil:
		var diags hcl.Diagnostics
		if v, diags = s.expr.Value(ctx); diags.HasErrors() {
			return Key{}, false
		}
	}
	if v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return Key{}, false
	}
	return keyOfValue(v)
}

// written is the step as it is in the source.
func (s mentionStep) written(c *Config) string {
	switch {
	case s.name != "":
		return "." + s.name
	case s.splat:
		return "[*]"
	case s.expr == nil:
		if key, ok := s.given(nil); ok {
			return key.String()
		}
	}
	return c.sourceText(s.rng)
}

// sourceText is the source at a range, on one line. It is "" if the file is not
// among the parsed ones.
func (c *Config) sourceText(r hcl.Range) string {
	f := c.Files[r.Filename]
	if f == nil || !r.CanSliceBytes(f.Bytes) {
		return ""
	}
	return oneLine(string(r.SliceBytes(f.Bytes)))
}

// oneLine is a text without line ends, bounded.
func oneLine(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func (c *Config) tail(steps []mentionStep) (text string) {
	for _, s := range steps {
		text += s.written(c)
	}
	return text
}
