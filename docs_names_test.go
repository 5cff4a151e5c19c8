package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedIdentifier matches a span such as `planner.Step` or `Planner.Next`.
var namedIdentifier = regexp.MustCompile("`([A-Za-z]+)\\.([A-Za-z]+)`")

// Every identifier that a document names exists: `planner.Step` in package planner,
// `Planner.Next` as a method or field of a type Planner.
func TestNamedIdentifiersExist(t *testing.T) {
	declared, owners := declarations(t)
	found := 0
	for _, paper := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions/0001-paths-as-addresses.md", "docs/decisions/0002-plan-file-is-a-replayable-record.md", "docs/decisions/0003-cbor-on-the-wire.md"} {
		for _, m := range namedIdentifier.FindAllStringSubmatch(papers(t)[paper], -1) {
			if !owners[m[1]] || !ast.IsExported(m[1]) && !ast.IsExported(m[2]) {
				continue // the name of a file, an address of a block, or not ours
			}
			if found++; !declared[m[1]+"."+m[2]] {
				t.Errorf("%s names %s.%s, which does not exist", paper, m[1], m[2])
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d identifiers were found", found)
	}
}

// declarations returns what the packages of this module declare, as PACKAGE.NAME,
// and the methods and fields of their types, as TYPE.NAME. owners are the names
// before the dot.
func declarations(t *testing.T) (declared, owners map[string]bool) {
	t.Helper()
	declared, owners = map[string]bool{}, map[string]bool{}
	add := func(owner, name string) { declared[owner+"."+name], owners[owner] = true, true }
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			declarationsOf(decl, file.Name.Name, add)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return declared, owners
}

// declarationsOf adds what one declaration of a package declares.
func declarationsOf(decl ast.Decl, pkg string, add func(owner, name string)) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			add(pkg, decl.Name.Name)
			return
		}
		add(receiverOf(decl.Recv.List[0].Type), decl.Name.Name)
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					add(pkg, name.Name)
				}
			case *ast.TypeSpec:
				add(pkg, spec.Name.Name)
				membersOf(spec, add)
			}
		}
	}
}

// receiverOf returns the name of a method's type.
func receiverOf(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return receiverOf(expr.X)
	case *ast.IndexExpr:
		return receiverOf(expr.X)
	case *ast.IndexListExpr:
		return receiverOf(expr.X)
	case *ast.Ident:
		return expr.Name
	}
	return ""
}

// membersOf adds the fields of a struct and the methods of an interface.
func membersOf(spec *ast.TypeSpec, add func(owner, name string)) {
	var members *ast.FieldList
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		members = typ.Fields
	case *ast.InterfaceType:
		members = typ.Methods
	default:
		return
	}
	for _, field := range members.List {
		for _, name := range field.Names {
			add(spec.Name.Name, name.Name)
		}
	}
}
