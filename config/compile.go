package config

import (
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// compiled is what the evaluation of an expression needs to know about it: the
// values to gather, and the functions that it calls. It is made once for each
// expression of the configuration.
type compiled struct {
	refs  []Reference
	roots []binding
	calls []*hclsyntax.FunctionCallExpr
	keys  []hclsyntax.Expression
}

// binding is one name that an expression sees, with the members of it that it
// refers to: var -> hosts, or context -> ssh -> web.
type binding struct {
	name    string
	kind    RefKind
	address string // of a leaf
	members []binding
}

// compile finds an expression's references. Names that cannot be references have
// diagnostics.
func (c *Config) compile(expr hcl.Expression) (*compiled, hcl.Diagnostics) {
	traversals, calls := traversalsOf(expr)
	keys := keysOf(expr)
	out := &compiled{calls: calls, keys: lookupKeys(expr)}
	var diags hcl.Diagnostics
	for _, t := range traversals {
		ref, d := c.parseReference(t)
		if d != nil {
			diags = append(diags, d)
			continue
		}
		ref.KeyExpr = keys[t.SourceRange()]
		out.refs = append(out.refs, ref)
	}
	out.roots = bind(out.refs)
	return out, diags
}

// compiledOf is compile, remembered for the expressions of the configuration.
func (c *Config) compiledOf(expr hcl.Expression) (*compiled, hcl.Diagnostics) {
	if reflect.TypeOf(expr).Kind() == reflect.Pointer {
		if got, ok := c.compiled[expr]; ok {
			return got, nil
		}
	}
	return c.compile(expr)
}

// traversalsOf lists the names in an expression and the functions that it calls.
// The type in convert(x, map(string)) looks like both, and is left out.
func traversalsOf(expr hcl.Expression) ([]hcl.Traversal, []*hclsyntax.FunctionCallExpr) {
	native, ok := expr.(hclsyntax.Expression)
	if !ok {
		return expr.Variables(), nil
	}
	var calls []*hclsyntax.FunctionCallExpr
	var types []hcl.Range
	hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			calls = append(calls, call)
			if call.Name == "convert" && len(call.Args) == 2 {
				types = append(types, call.Args[1].Range())
			}
		}
		return nil
	})
	inType := func(r hcl.Range) bool {
		return slices.ContainsFunc(types, func(t hcl.Range) bool { return t.ContainsPos(r.Start) })
	}
	calls = slices.DeleteFunc(calls, func(c *hclsyntax.FunctionCallExpr) bool { return inType(c.NameRange) })
	traversals := slices.DeleteFunc(native.Variables(), func(t hcl.Traversal) bool { return inType(t.SourceRange()) })
	return traversals, calls
}

// keysOf finds the instance keys that are expressions themselves. They are listed
// by the range of the name that they follow.
func keysOf(expr hcl.Expression) map[hcl.Range]hcl.Expression {
	native, ok := expr.(hclsyntax.Expression)
	if !ok {
		return nil
	}
	out := map[hcl.Range]hcl.Expression{}
	hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
		if index, ok := n.(*hclsyntax.IndexExpr); ok {
			if name, ok := index.Collection.(*hclsyntax.ScopeTraversalExpr); ok {
				out[name.Traversal.SourceRange()] = index.Key
			}
		}
		return nil
	})
	return out
}

// bind groups references by the names that the evaluator looks up.
func bind(refs []Reference) []binding {
	root := binding{}
	for _, r := range refs {
		at := root.member(r.Traversal.RootName(), r.Kind)
		for _, name := range r.path() {
			at = at.member(name, r.Kind)
		}
		at.address = r.Address
	}
	return root.members
}

func (b *binding) member(name string, kind RefKind) *binding {
	for i := range b.members {
		if b.members[i].name == name {
			return &b.members[i]
		}
	}
	b.members = append(b.members, binding{name: name, kind: kind})
	return &b.members[len(b.members)-1]
}
