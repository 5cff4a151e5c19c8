package functions

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
)

// Declassifiers are the functions whose result says by itself what is secret,
// whatever their arguments are.
var Declassifiers = []string{"nonsensitive", "issensitive", "ephemeralasnull"}

// MarkWalk collects, for hclsyntax.Walk, the marks of the values that an
// expression refers to. The marks of parts of a value are not collected.
type MarkWalk struct {
	// Ctx has the values of the names.
	Ctx *hcl.EvalContext
	// Marks is where the marks are added.
	Marks cty.ValueMarks

	skip hclsyntax.Node // nothing below this node counts
}

// Enter is called before a node's children.
func (w *MarkWalk) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if w.skip != nil {
		return nil
	}
	switch n := n.(type) {
	case *hclsyntax.LiteralValueExpr:
		maps.Copy(w.Marks, n.Val.Marks())
	case *hclsyntax.ScopeTraversalExpr:
		maps.Copy(w.Marks, Reach(n.Traversal, w.Ctx).Marks())
	case *hclsyntax.FunctionCallExpr:
		w.call(n)
	}
	return nil
}

// Exit is called after a node's children.
func (w *MarkWalk) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if w.skip == n {
		w.skip = nil
	}
	return nil
}

func (w *MarkWalk) call(n *hclsyntax.FunctionCallExpr) {
	switch {
	case n.Name == "sensitive":
		w.Marks[marks.Sensitive] = struct{}{}
	case slices.Contains(Declassifiers, n.Name):
		if v, diags := n.Value(w.Ctx); !diags.HasErrors() {
			maps.Copy(w.Marks, v.Marks())
			w.skip = n
		}
	}
}

// Reach is the value that a traversal leads to. If it leads nowhere, it is the
// last value on the way.
func Reach(tr hcl.Traversal, ctx *hcl.EvalContext) cty.Value {
	for n := len(tr); n > 0; n-- {
		if v, diags := tr[:n].TraverseAbs(ctx); !diags.HasErrors() {
			return v
		}
	}
	return cty.DynamicVal
}
