package main

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// fields is what is known of every field of every struct.
type fields struct {
	*module
	all map[place]*field
	// same are pairs of fields of two structs of which one was converted to the
	// other: reading the second reads the first, writing the first writes the
	// second.
	same [][2]place
}

type field struct {
	name          string
	tag           reflect.StructTag
	declared      bool
	read, written bool
	program       bool // read, and not by tests only
	schema        bool // of the definition of a kind
	forTests      bool // of a package that is for tests, or public
}

func newFields(m *module) *fields { return &fields{module: m, all: map[place]*field{}} }

func (fs *fields) of(v *types.Var) *field {
	at := fs.at(v.Origin().Pos())
	if at == "" {
		return &field{}
	}
	f := fs.all[at]
	if f == nil {
		f = &field{}
		fs.all[at] = f
	}
	return f
}

// findings are the fields that are only read or only written.
func (fs *fields) findings() []finding {
	fs.spread()
	var out []finding
	for at, f := range fs.all {
		if what := f.fault(at); f.declared && what != "" {
			out = append(out, finding{string(at), f.name, what})
		}
	}
	slices.SortFunc(out, func(a, b finding) int { return strings.Compare(a.pos, b.pos) })
	return out
}

func (f *field) fault(at place) string {
	read, written := f.read, f.written
	switch {
	case f.schema && !isTest(at): // an argument that users write, or a result that they read
		read, written = read || written, read || written
	case isTest(at) && (f.tag.Get("cbor") != "" || f.tag.Get("json") != ""):
		return "" // what a test sends or decodes
	case strings.HasPrefix(string(at), "cmd/") && f.tag.Get("json") != "":
		read = true // by whoever reads the JSON of the program
	}
	switch {
	case !read && !written:
		return "is neither read nor written"
	case !read:
		return "is written and never read"
	case !isTest(at) && !f.program && f.read && !f.forTests:
		return "is read by nobody but tests"
	case !written:
		return "is read and never written"
	}
	return ""
}

// spread follows conversions until nothing changes.
func (fs *fields) spread() {
	for again := true; again; {
		again = false
		for _, p := range fs.same {
			from, to := fs.all[p[0]], fs.all[p[1]]
			if from == nil || to == nil {
				continue
			}
			if to.read && !from.read || to.program && !from.program {
				from.read, from.program, again = true, to.program || from.program, true
			}
			if from.written && !to.written {
				to.written, again = true, true
			}
		}
	}
}

// read notes the fields that a file declares and those that it uses.
func (fs *fields) read(p *packages.Package, file *ast.File) {
	u := &fieldUses{fields: fs, info: p.TypesInfo, test: isTest(fs.at(file.Package)), written: map[ast.Expr]bool{}, both: map[ast.Expr]bool{}}
	ast.Inspect(file, u.targets)
	ast.Inspect(file, u.uses)
	d := &declarations{fields: fs, info: p.TypesInfo, path: []string{fs.short(p)}}
	for _, decl := range file.Decls {
		d.declare(decl)
	}
}

// declarations walks a file for the names of its fields.
type declarations struct {
	*fields
	info *types.Info
	path []string
}

func (d *declarations) declare(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				d.inside(n.Name.Name, n.Body)
			}
			return false
		case *ast.TypeSpec:
			d.inside(n.Name.Name, n.Type)
			return false
		case *ast.StructType:
			for _, f := range n.Fields.List {
				d.field(f)
			}
			return false
		}
		return true
	})
}

func (d *declarations) inside(name string, n ast.Node) {
	d.path = append(d.path, name)
	d.declare(n)
	d.path = d.path[:len(d.path)-1]
}

func (d *declarations) field(f *ast.Field) {
	for _, name := range f.Names {
		if v, ok := d.info.Defs[name].(*types.Var); ok && name.Name != "_" {
			x := d.of(v)
			x.declared, x.forTests = true, forTests(d.path[0])
			x.name = strings.Join(append(d.path, name.Name), ".")
			if f.Tag != nil {
				x.tag = reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
			}
		}
		d.inside(name.Name, f.Type)
	}
}
