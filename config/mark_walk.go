package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// markWalk collects the marks of the values that an expression names, each as
// it is itself, whatever its parts are.
type markWalk struct {
	ctx   *hcl.EvalContext
	marks cty.ValueMarks
	skip  hclsyntax.Node // nothing below it counts
}

// Enter is called before a node's children.
func (w *markWalk) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if w.skip != nil {
		return nil
	}
	switch n := n.(type) {
	case *hclsyntax.LiteralValueExpr:
		maps.Copy(w.marks, n.Val.Marks())
	case *hclsyntax.ScopeTraversalExpr:
		maps.Copy(w.marks, reach(n.Traversal, w.ctx).Marks())
	case *hclsyntax.FunctionCallExpr:
		w.call(n)
	}
	return nil
}

// Exit is called after a node's children.
func (w *markWalk) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if w.skip == n {
		w.skip = nil
	}
	return nil
}

func (w *markWalk) call(n *hclsyntax.FunctionCallExpr) {
	switch {
	case n.Name == "sensitive":
		w.marks[Sensitive] = struct{}{}
	case slices.Contains(declassifiers, n.Name):
		if v, diags := n.Value(w.ctx); !diags.HasErrors() {
			maps.Copy(w.marks, v.Marks())
			w.skip = n
		}
	}
}
