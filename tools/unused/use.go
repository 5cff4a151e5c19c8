package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// fieldUses finds out what a file does with fields.
type fieldUses struct {
	*fields
	info *types.Info
	test bool
	// written are the expressions that are assigned to, both those of which an
	// address is taken, so that nobody knows.
	written, both map[ast.Expr]bool
}

// targets notes what is written. It visits a node before uses does.
func (u *fieldUses) targets(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			break
		}
		for i, l := range n.Lhs {
			u.target(l)
			if i < len(n.Rhs) && len(n.Lhs) == len(n.Rhs) {
				u.appended(l, n.Rhs[i])
			}
		}
	case *ast.IncDecStmt:
		u.target(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			u.target(n.Key)
			u.target(n.Value)
		}
	case *ast.CallExpr:
		if name, ok := u.builtin(n); ok && (name == "delete" || name == "clear") {
			u.target(n.Args[0])
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			u.address(n.X)
		}
	case *ast.SliceExpr:
		if _, ok := u.under(n.X).(*types.Array); ok {
			u.address(n.X)
		}
	case *ast.SelectorExpr:
		u.method(n)
	}
	return true
}

// target marks what is assigned to: the field, and the structs that it is in.
func (u *fieldUses) target(e ast.Expr) {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		u.written[e] = true
		u.holder(e.X)
	case *ast.IndexExpr:
		u.target(e.X)
	}
}

// holder marks the struct or array that an assignment to a part of it changes.
func (u *fieldUses) holder(e ast.Expr) {
	switch u.under(e).(type) {
	case *types.Struct, *types.Array:
	default:
		return
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		u.written[e] = true
		u.holder(e.X)
	case *ast.IndexExpr:
		u.holder(e.X)
	}
}

// appended finds x.f = append(x.f, …), which does not read x.f for anybody.
func (u *fieldUses) appended(l, r ast.Expr) {
	call, ok := ast.Unparen(r).(*ast.CallExpr)
	if !ok {
		return
	}
	if name, ok := u.builtin(call); !ok || name != "append" {
		return
	}
	if first := ast.Unparen(call.Args[0]); types.ExprString(first) == types.ExprString(ast.Unparen(l)) {
		u.target(first)
	}
}

func (u *fieldUses) address(e ast.Expr) {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		u.both[e] = true
		if _, ok := u.under(e.X).(*types.Struct); ok {
			u.address(e.X)
		}
	case *ast.IndexExpr:
		if _, ok := u.under(e.X).(*types.Array); ok {
			u.address(e.X)
		}
	}
}

// method finds methods that are called through the address of a field.
func (u *fieldUses) method(n *ast.SelectorExpr) {
	s := u.info.Selections[n]
	if s == nil || s.Kind() != types.MethodVal {
		return
	}
	f, ok := s.Obj().(*types.Func)
	if !ok {
		return
	}
	if _, pointer := f.Signature().Recv().Type().(*types.Pointer); !pointer {
		return
	}
	if _, pointer := u.under(n.X).(*types.Pointer); !pointer {
		u.address(n.X)
	}
}

func (u *fieldUses) uses(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		u.selector(n)
	case *ast.CompositeLit:
		u.literal(n)
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			u.compared(u.info.TypeOf(n.X))
			u.compared(u.info.TypeOf(n.Y))
		}
	case *ast.SwitchStmt:
		if n.Tag != nil {
			u.compared(u.info.TypeOf(n.Tag))
		}
	case *ast.FuncLit:
		u.maker(n)
	case *ast.CallExpr:
		u.conversion(n)
		u.coded(n)
	case *ast.Ident:
		u.instance(n)
	case *ast.MapType:
		u.compared(u.info.TypeOf(n.Key))
	}
	return true
}

func (u *fieldUses) selector(n *ast.SelectorExpr) {
	s := u.info.Selections[n]
	if s == nil || s.Kind() != types.FieldVal {
		return
	}
	f := u.of(s.Obj().(*types.Var))
	write, both := u.written[n], u.both[n]
	f.written = f.written || write || both
	f.read = f.read || both || !write
	f.program = f.program || !u.test && (both || !write)
}

func (u *fieldUses) literal(n *ast.CompositeLit) {
	t := u.under(n)
	if u.test {
		u.values(n, t)
	}
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	s, ok := t.(*types.Struct)
	if !ok || len(n.Elts) == 0 {
		return
	}
	for i, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			u.of(s.Field(i)).written = true
			continue
		}
		if v, ok := u.info.Uses[kv.Key.(*ast.Ident)].(*types.Var); ok {
			u.of(v).written = true
		}
	}
}

// values are what a test lists to be looked at by reflection: elements of a list
// or map of any.
func (u *fieldUses) values(n *ast.CompositeLit, t types.Type) {
	list, ok := t.(interface{ Elem() types.Type })
	if !ok {
		return
	}
	if elem, ok := list.Elem().Underlying().(*types.Interface); !ok || elem.NumMethods() > 0 {
		return
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		u.reflected(u.info.TypeOf(e), false, map[types.Type]bool{})
	}
}

// compared notes that all fields are read, as == and maps do.
func (u *fieldUses) compared(t types.Type) {
	if t == nil {
		return
	}
	switch t := t.Underlying().(type) {
	case *types.Struct:
		for v := range t.Fields() {
			f := u.of(v)
			f.read, f.program = true, f.program || !u.test
			u.compared(v.Type())
		}
	case *types.Array:
		u.compared(t.Elem())
	}
}

// instance finds type arguments that have to be comparable, as of
// slices.Contains.
func (u *fieldUses) instance(n *ast.Ident) {
	inst, ok := u.info.Instances[n]
	if !ok {
		return
	}
	obj := u.info.Uses[n]
	if obj == nil {
		return
	}
	var params *types.TypeParamList
	switch t := obj.Type().(type) {
	case *types.Signature:
		params = t.TypeParams()
	case *types.Named:
		params = t.TypeParams()
	}
	for i := range inst.TypeArgs.Len() {
		if params != nil && i < params.Len() && params.At(i).Constraint().Underlying().(*types.Interface).IsComparable() {
			u.compared(inst.TypeArgs.At(i))
		}
	}
}

// conversion pairs the fields of T and those of x in T(x).
func (u *fieldUses) conversion(n *ast.CallExpr) {
	if tv, ok := u.info.Types[n.Fun]; !ok || !tv.IsType() || len(n.Args) != 1 {
		return
	}
	to, ok1 := deref(u.info.TypeOf(n.Fun)).(*types.Struct)
	from, ok2 := deref(u.info.TypeOf(n.Args[0])).(*types.Struct)
	if !ok1 || !ok2 || to.NumFields() != from.NumFields() {
		return
	}
	for i := range to.NumFields() {
		a, b := u.at(from.Field(i).Origin().Pos()), u.at(to.Field(i).Origin().Pos())
		if a != "" && b != "" && a != b {
			u.same = append(u.same, [2]place{a, b})
		}
	}
}

// coded notes what reflection does with a struct that a call is given as an
// interface: what is decoded into is written, and where the layout is the format
// each field is needed, as is what a test makes to be looked at. The types of a package whose fields have tags are left
// out: those are our own formats, of which both ends are in the module.
func (u *fieldUses) coded(n *ast.CallExpr) {
	sig, ok := u.under(n.Fun).(*types.Signature)
	if !ok {
		return
	}
	layout := slices.Contains(layouts, u.packageOf(n.Fun))
	for i, arg := range n.Args {
		param, ok := paramType(sig, i).(*types.Interface)
		if !ok || param.NumMethods() > 0 {
			continue
		}
		u.example(arg)
		t := u.info.TypeOf(arg)
		if _, pointer := t.Underlying().(*types.Pointer); pointer || layout || u.test {
			u.reflected(t, layout, map[types.Type]bool{})
		}
	}
}

func paramType(sig *types.Signature, i int) types.Type {
	last := sig.Params().Len() - 1
	if sig.Variadic() && i >= last {
		if s, ok := sig.Params().At(last).Type().Underlying().(*types.Slice); ok {
			return s.Elem().Underlying()
		}
	}
	if i > last {
		return types.Typ[types.Invalid]
	}
	return sig.Params().At(i).Type().Underlying()
}

func (u *fieldUses) packageOf(fun ast.Expr) string {
	sel, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if f, ok := u.info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil {
		return f.Pkg().Path()
	}
	return ""
}

// layouts are packages for which the order of fields is the format.
var layouts = []string{"encoding/asn1", "golang.org/x/crypto/ssh", "encoding/binary"}

func (u *fieldUses) reflected(t types.Type, layout bool, seen map[types.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	named, ok := t.(*types.Named)
	global := ok && named.Obj().Parent() == named.Obj().Pkg().Scope()
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		u.reflected(t.Elem(), layout, seen)
	case *types.Slice:
		u.reflected(t.Elem(), layout, seen)
	case *types.Map:
		u.reflected(t.Elem(), layout, seen)
	case *types.Struct:
		for i := range t.NumFields() {
			v := t.Field(i)
			if global && t.Tag(i) != "" {
				continue
			}
			f := u.of(v)
			f.written = true
			if layout || u.test && isTest(u.at(v.Pos())) {
				f.read, f.program = true, true
			}
			u.reflected(v.Type(), layout, seen)
		}
	}
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return t.Underlying()
}

func (u *fieldUses) under(e ast.Expr) types.Type {
	t := u.info.TypeOf(e)
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t.Underlying()
}

func (u *fieldUses) builtin(n *ast.CallExpr) (string, bool) {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return "", false
	}
	_, ok = u.info.Uses[id].(*types.Builtin)
	return id.Name, ok && len(n.Args) > 0
}
