package mitoplan_test

import (
	"go/types"
	"slices"
	"strings"
	"testing"
)

// public are the packages that other programs may use.
var public = []string{"transport", "transport/connect", "transport/connect/ssh", "transport/logger", "transport/process", "transport/transporttest"}

// TestPublicSignaturesNameNoInternalType: whatever another program gets from the
// public packages, or gives them, has a name that it can write.
func TestPublicSignaturesNameNoInternalType(t *testing.T) {
	packages := exported(t)
	named := map[*types.TypeName]bool{}
	for _, p := range packages {
		for _, name := range p.Scope().Names() {
			if o, ok := p.Scope().Lookup(name).(*types.TypeName); ok && o.Exported() && o.IsAlias() {
				if n, ok := types.Unalias(o.Type()).(*types.Named); ok {
					named[n.Obj()] = true
				}
			}
		}
	}
	for _, p := range packages {
		for _, name := range p.Scope().Names() {
			o := p.Scope().Lookup(name)
			if !o.Exported() {
				continue
			}
			walkPublic(o.Type(), map[types.Type]bool{}, func(n *types.TypeName) {
				short := strings.TrimPrefix(n.Pkg().Path(), module) + "." + n.Name()
				if !strings.Contains(n.Pkg().Path(), "/internal/") || named[n] {
					return
				}
				t.Errorf("%s.%s shows %s, which nobody outside can name", p.Path(), name, short)
			})
		}
	}
}

// walkPublic finds the names of types that a reader of an exported type sees.
func walkPublic(t types.Type, seen map[types.Type]bool, found func(*types.TypeName)) {
	if seen[t] {
		return
	}
	seen[t] = true
	walk := func(t types.Type) { walkPublic(t, seen, found) }
	switch t := t.(type) {
	case *types.Alias:
		walk(types.Unalias(t))
	case *types.Named:
		if t.Obj().Pkg() == nil || !strings.HasPrefix(t.Obj().Pkg().Path(), module) {
			return
		}
		found(t.Obj())
		for m := range t.Methods() {
			if m.Exported() {
				walk(m.Type())
			}
		}
		walk(t.Underlying())
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				walk(f.Type())
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if m.Exported() {
				walk(m.Type())
			}
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			walk(v.Type())
		}
		for v := range t.Results().Variables() {
			walk(v.Type())
		}
	case *types.Map:
		walk(t.Key())
		walk(t.Elem())
	case interface{ Elem() types.Type }:
		walk(t.Elem())
	}
}

// exported loads what the compiler reports of the public packages.
func exported(t *testing.T) (all []*types.Package) {
	t.Helper()
	imports, err := imported()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Sorted(slices.Values(public)) {
		pkg, err := imports.Import(module + p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkg)
	}
	return all
}
