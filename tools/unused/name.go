package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// names is what is known of the names of packages and their methods.
type names struct {
	*module
	all map[place]*name
	// called are the names of the methods of all interfaces, also of other
	// modules: a method of such a name may be called through one.
	called map[string]bool
	seen   map[*types.Package]bool
}

type name struct {
	name, method string
	declared     bool
	used, tested bool // by the program, by tests
	forTests     bool // its package is for tests, or public
}

func newNames(m *module) *names {
	return &names{module: m, all: map[place]*name{}, called: asked(), seen: map[*types.Package]bool{}}
}

// asked are the methods that packages outside look for without a name for the
// interface.
func asked() map[string]bool {
	return map[string]bool{"Unwrap": true, "Is": true, "As": true}
}

func (ns *names) at(o types.Object) *name {
	at := ns.module.at(o.Pos())
	if at == "" {
		return &name{}
	}
	n := ns.all[at]
	if n == nil {
		n = &name{}
		ns.all[at] = n
	}
	return n
}

func (ns *names) findings() []finding {
	var out []finding
	for at, n := range ns.all {
		if !n.declared || n.used || isTest(at) || n.method != "" && ns.called[n.method] {
			continue
		}
		switch {
		case !n.tested:
			out = append(out, finding{string(at), n.name, "is used by nobody"})
		case !n.forTests:
			out = append(out, finding{string(at), n.name, "is used by nobody but tests"})
		}
	}
	slices.SortFunc(out, func(a, b finding) int { return strings.Compare(a.pos, b.pos) })
	return out
}

func (ns *names) read(p *packages.Package, file *ast.File) {
	test := isTest(ns.module.at(file.Package))
	ast.Inspect(file, func(n ast.Node) bool {
		if i, ok := n.(*ast.InterfaceType); ok {
			for _, m := range i.Methods.List {
				for _, id := range m.Names {
					ns.called[id.Name] = true
				}
			}
		}
		return true
	})
	for _, decl := range file.Decls {
		var self types.Object
		switch d := decl.(type) {
		case *ast.FuncDecl:
			ns.function(p, d)
			self = p.TypesInfo.Defs[d.Name]
			ns.uses(p, d.Type, test, self)
			if d.Body != nil {
				ns.uses(p, d.Body, test, self)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					ns.declare(p, s.Name, "")
					self = p.TypesInfo.Defs[s.Name]
				case *ast.ValueSpec:
					if counted(d) {
						break
					}
					for _, id := range s.Names {
						if zero(p, id) {
							continue
						}
						ns.declare(p, id, "")
					}
				}
				ns.uses(p, spec, test, self)
			}
		}
	}
}

// counted reports whether a declaration is a list of numbers by iota, where each
// is needed for those after it.
func counted(d *ast.GenDecl) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "iota"
		return !found
	})
	return found
}

// zero reports whether a constant is the zero value of its type, which values
// have that nobody gave another.
func zero(p *packages.Package, id *ast.Ident) bool {
	c, ok := p.TypesInfo.Defs[id].(*types.Const)
	return ok && (c.Val().ExactString() == `""` || c.Val().ExactString() == "0")
}

func (ns *names) function(p *packages.Package, d *ast.FuncDecl) {
	if d.Recv == nil {
		if n := d.Name.Name; n != "main" && n != "init" {
			ns.declare(p, d.Name, "")
		}
		return
	}
	ns.declare(p, d.Name, d.Name.Name)
}

// declare notes a name of a package, or a method.
func (ns *names) declare(p *packages.Package, id *ast.Ident, method string) {
	o := p.TypesInfo.Defs[id]
	if o == nil || id.Name == "_" {
		return
	}
	n := ns.at(o)
	n.declared, n.method = true, method
	n.name = ns.short(p) + "." + id.Name
	if f, ok := o.(*types.Func); ok && method != "" {
		n.name = ns.short(p) + "." + receiver(f) + "." + method
	}
	n.forTests = forTests(ns.short(p))
}

func receiver(f *types.Func) string {
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return "?"
}

// uses notes the names that stand below n; those of self do not count, as a
// thing does not use itself.
func (ns *names) uses(p *packages.Package, n ast.Node, test bool, self types.Object) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		o := p.TypesInfo.Uses[id]
		if o == nil || o == self {
			return true
		}
		if f, ok := o.(*types.Func); ok {
			o = f.Origin()
		}
		x := ns.at(o)
		x.used = x.used || !test
		x.tested = x.tested || test
		return true
	})
}

// interfaces notes the methods of the interfaces of a package and of those that
// it imports.
func (ns *names) interfaces(p *types.Package) {
	if ns.seen[p] {
		return
	}
	ns.seen[p] = true
	scope := p.Scope()
	for _, n := range scope.Names() {
		if i, ok := scope.Lookup(n).Type().Underlying().(*types.Interface); ok {
			for m := range i.Methods() {
				ns.called[m.Name()] = true
			}
		}
	}
	for _, imp := range p.Imports() {
		ns.interfaces(imp)
	}
}
