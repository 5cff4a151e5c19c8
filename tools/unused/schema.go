package main

import (
	"go/ast"
	"go/types"
	"strings"
)

// The definition of a kind is an example: func() Resource { return &File{} }, and
// fileResults{} that is given as any. Users write the arguments and read the
// results, by the names in the tags.

// maker finds functions that make an example.
func (u *fieldUses) maker(n *ast.FuncLit) {
	if len(n.Body.List) != 1 {
		return
	}
	ret, ok := n.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return
	}
	if sig, ok := u.under(n).(*types.Signature); ok && types.IsInterface(sig.Results().At(0).Type()) {
		u.example(ret.Results[0])
	}
}

// example marks the fields of T where e is T{} or &T{}.
func (u *fieldUses) example(e ast.Expr) {
	if p, ok := e.(*ast.UnaryExpr); ok {
		e = p.X
	}
	if lit, ok := e.(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		u.schema(u.info.TypeOf(lit), map[types.Type]bool{})
	}
}

func (u *fieldUses) schema(t types.Type, seen map[types.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		u.schema(t.Elem(), seen)
	case *types.Slice:
		u.schema(t.Elem(), seen)
	case *types.Map:
		u.schema(t.Elem(), seen)
	case *types.Struct:
		for i := range t.NumFields() {
			f := t.Field(i)
			if strings.Contains(t.Tag(i), "cbor:") {
				u.of(f).schema = true
			}
			u.schema(f.Type(), seen)
		}
	}
}
