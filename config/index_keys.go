package config

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
)

// keyMarks are the marks of the keys that an expression looks things up with.
// The evaluator forgets them if the collection is an object, and which
// element a secret selects tells of the secret.
func (c *compiled) keyMarks(ctx *hcl.EvalContext) cty.ValueMarks {
	if len(c.keys) == 0 {
		return nil
	}
	marks := cty.ValueMarks{}
	for _, key := range c.keys {
		// A key that cannot be evaluated here is made of the words of a loop.
		if v, diags := key.Value(ctx); !diags.HasErrors() {
			maps.Copy(marks, v.Marks())
			continue
		}
		_ = hclsyntax.Walk(key, &functions.MarkWalk{Ctx: ctx, Marks: marks})
	}
	return marks
}

// lookupKeys are the keys of an expression's index operators that refer to
// anything.
func lookupKeys(expr hcl.Expression) (keys []hclsyntax.Expression) {
	for _, native := range natives(expr) {
		hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
			if index, ok := n.(*hclsyntax.IndexExpr); ok && len(index.Key.Variables()) > 0 {
				keys = append(keys, index.Key)
			}
			return nil
		})
	}
	return keys
}

// natives are the expressions in HCL's own syntax that an expression consists
// of: it is one itself, or a document of JSON whose strings are templates.
func natives(expr hcl.Expression) (out []hclsyntax.Expression) {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return []hclsyntax.Expression{native}
	}
	if items, diags := hcl.ExprList(expr); !diags.HasErrors() {
		for _, item := range items {
			out = append(out, natives(item)...)
		}
		return out
	}
	if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		for _, pair := range pairs {
			out = append(append(out, natives(pair.Key)...), natives(pair.Value)...)
		}
		return out
	}
	// Without a context a string of JSON is itself, not what it says.
	text, diags := expr.Value(nil)
	if diags.HasErrors() || text.Type() != cty.String || text.IsNull() {
		return nil
	}
	start := expr.Range().Start
	start.Byte, start.Column = start.Byte+1, start.Column+1 // after the quote
	native, diags := hclsyntax.ParseTemplate([]byte(text.AsString()), expr.Range().Filename, start)
	if diags.HasErrors() {
		return nil
	}
	return []hclsyntax.Expression{native}
}
