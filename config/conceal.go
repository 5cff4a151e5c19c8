package config

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
)

// concealed is the detail of a diagnostic whose own detail could show a secret.
const concealed = "It is made from a sensitive or ephemeral value, so the reason is not shown, because it could contain the value."

// conceal removes from diagnostics what was made from a secret. The evaluator quotes
// values in its messages, so the message is replaced if the part of the expression
// that it is about holds a marked value. Other diagnostics are left as they are.
// expr is the expression that was evaluated, in ctx.
func conceal(expr hcl.Expression, ctx *hcl.EvalContext, diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) == 0 {
		return diags
	}
	t := newTaint(expr, ctx)
	out := make(hcl.Diagnostics, len(diags))
	for i, d := range diags {
		out[i] = t.conceal(d)
	}
	return out
}

// taint knows which parts of an expression hold marked values. Inside a for
// expression or a splat the values themselves do not say so: the evaluator removes
// the marks of a collection before it goes through the elements.
type taint struct {
	whole hcl.Expression
	ctx   *hcl.EvalContext
	// loops are the words of for expressions over marked collections; splat is
	// whether a splat is over one.
	loops map[string]bool
	splat bool
}

func newTaint(expr hcl.Expression, ctx *hcl.EvalContext) *taint {
	t := &taint{whole: expr, ctx: ctx, loops: map[string]bool{}}
	for _, native := range natives(expr) {
		// A parent is visited before its children, an outer loop before its inner.
		hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
			t.visit(n)
			return nil
		})
	}
	return t
}

func (t *taint) visit(n hclsyntax.Node) {
	switch n := n.(type) {
	case *hclsyntax.ForExpr:
		if t.holds(n.CollExpr, t.ctx) {
			t.loops[n.KeyVar], t.loops[n.ValVar] = true, true
		}
	case *hclsyntax.SplatExpr:
		t.splat = t.splat || t.holds(n.Source, t.ctx)
	}
}

func (t *taint) conceal(d *hcl.Diagnostic) *hcl.Diagnostic {
	about, ctx := d.Expression, d.EvalContext
	if about == nil || ctx == nil {
		about, ctx = t.whole, t.ctx
	}
	if !t.holds(about, ctx) {
		return d
	}
	shown := *d
	if d.Expression != nil && d.EvalContext != nil {
		shown.EvalContext = t.marked(d.EvalContext)
	}
	if namesOnly(d) || harmless(d) {
		return &shown
	}
	shown.Detail, shown.Extra = concealed, nil
	if call, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra); ok && call.FunctionCallError() != nil {
		shown.Detail = callDetail(call)
	}
	return &shown
}

// marked is a context in which the variables of loops over secrets are marked, so
// that a view does not show their values.
func (t *taint) marked(ctx *hcl.EvalContext) *hcl.EvalContext {
	child := ctx.NewChild()
	child.Variables = map[string]cty.Value{}
	for ; ctx != nil; ctx = ctx.Parent() {
		for name, v := range ctx.Variables {
			if _, done := child.Variables[name]; !done && t.loops[name] {
				child.Variables[name] = v.Mark(Sensitive)
			}
		}
	}
	return child
}

// namesOnly reports a problem of a traversal, which quotes nothing but the
// names that stand in it: var.x has no attribute y. The evaluator blames
// traversals for other problems, too, if they are keys or arguments.
func namesOnly(d *hcl.Diagnostic) bool {
	switch d.Expression.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr:
		switch d.Summary {
		case "Unsupported attribute", "Missing map element", "Attempt to get attribute from null value":
			return true
		}
	}
	return false
}

// harmless reports a failed call whose error shows no secret: it says only that the
// call was given one, or it is about the text of a template that is none.
func harmless(d *hcl.Diagnostic) bool {
	call, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra)
	if !ok || call.FunctionCallError() == nil {
		return false
	}
	var secret *functions.SecretError
	var template *functions.TemplateError
	return errors.As(call.FunctionCallError(), &secret) || errors.As(call.FunctionCallError(), &template) && template.Written
}

func callDetail(call hclsyntax.FunctionCallDiagExtra) string {
	return fmt.Sprintf("Call to function %q failed: %s.", call.CalledFunctionName(), &functions.SecretError{Function: call.CalledFunctionName()})
}

// holds reports whether an expression has a marked value anywhere in it.
func (t *taint) holds(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	w := &taintWalk{taint: t, ctx: ctx}
	for _, native := range natives(expr) {
		_ = hclsyntax.Walk(native, w)
	}
	return w.found
}

// holdsName reports whether what a traversal leads to is marked or holds
// marks; if it leads nowhere, the last thing on its way.
func (t *taint) holdsName(tr hcl.Traversal, ctx *hcl.EvalContext) bool {
	if t.loops[tr.RootName()] {
		return true
	}
	if _, ok := lookUp(ctx, tr.RootName()); !ok {
		return true // a word of a loop that is not known here
	}
	return IsSecret(functions.Reach(tr, ctx))
}

func lookUp(ctx *hcl.EvalContext, name string) (cty.Value, bool) {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[name]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

// taintWalk looks for marked values in an expression.
type taintWalk struct {
	*taint
	ctx   *hcl.EvalContext
	skip  hclsyntax.Node // nothing below it counts
	bound []string       // words of loops that the walk is in
	found bool
}

// Enter is called before a node's children.
func (w *taintWalk) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if w.skip != nil || w.found {
		return nil
	}
	switch n := n.(type) {
	case hclsyntax.ChildScope:
		for name := range n.LocalNames {
			w.bound = append(w.bound, name)
		}
	case *hclsyntax.LiteralValueExpr:
		w.found = IsSecret(n.Val)
	case *hclsyntax.AnonSymbolExpr:
		w.found = w.splat
	case *hclsyntax.ScopeTraversalExpr:
		w.found = w.name(n.Traversal)
	case *hclsyntax.FunctionCallExpr:
		w.call(n)
	}
	return nil
}

// Exit is called after a node's children.
func (w *taintWalk) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if scope, ok := n.(hclsyntax.ChildScope); ok && w.skip == nil && !w.found {
		w.bound = w.bound[:len(w.bound)-len(scope.LocalNames)]
	}
	if w.skip == n {
		w.skip = nil
	}
	return nil
}

// name looks at one traversal. A word of a loop inside of what is walked counts
// by that loop's collection, which is walked as well.
func (w *taintWalk) name(tr hcl.Traversal) bool {
	if slices.Contains(w.bound, tr.RootName()) && !w.loops[tr.RootName()] {
		return false
	}
	return w.holdsName(tr, w.ctx)
}

func (w *taintWalk) call(n *hclsyntax.FunctionCallExpr) {
	switch {
	case n.Name == "sensitive":
		w.found = true
	case slices.Contains(functions.Declassifiers, n.Name):
		v, diags := n.Value(w.ctx)
		w.found, w.skip = diags.HasErrors() || IsSecret(v), n
	case n.Name == "convert" && len(n.Args) == 2: // the second is a type
		w.found, w.skip = w.holds(n.Args[0], w.ctx), n
	}
}
