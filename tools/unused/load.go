package main

import (
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// finding is one thing that is not needed.
type finding struct{ pos, name, what string }

// place is where something is declared. A package is loaded several times, for
// its tests and for each system; the place is the same in all of them.
type place string

// module is what was learned of all packages of the module.
type module struct {
	dir, path string
	fset      *token.FileSet
	fields    *fields
	names     *names
}

// systems are what the module is built for. Tests are for the first only.
var systems = [][]string{{"GOOS=linux"}, {"GOOS=darwin", "GOARCH=arm64"}}

func load(dir string) (*module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	m := &module{dir: dir, fset: token.NewFileSet()}
	m.fields, m.names = newFields(m), newNames(m)
	for i, env := range systems {
		if err := m.load(env, i == 0); err != nil {
			return nil, err
		}
	}
	return m, nil
}

const needed = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedModule | packages.NeedForTest

func (m *module) load(env []string, tests bool) error {
	pkgs, err := packages.Load(&packages.Config{
		Mode: needed, Dir: m.dir, Env: append(os.Environ(), env...), Tests: tests, Fset: m.fset,
	}, "./...")
	if err != nil {
		return err
	}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return fmt.Errorf("%s: %v", p.ID, p.Errors[0])
		}
		if p.Module == nil || strings.HasSuffix(p.PkgPath, ".test") {
			continue
		}
		m.path = p.Module.Path
		for _, file := range p.Syntax {
			m.fields.read(p, file)
			m.names.read(p, file)
		}
		m.names.interfaces(p.Types)
	}
	return nil
}

func (m *module) at(pos token.Pos) place {
	p := m.fset.Position(pos)
	name, err := filepath.Rel(m.dir, p.Filename)
	if err != nil || strings.HasPrefix(name, "..") {
		return ""
	}
	return place(fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column))
}

// short is a package's path inside the module.
func (m *module) short(p *packages.Package) string {
	path := strings.TrimSuffix(p.PkgPath, "_test")
	if rest := strings.TrimPrefix(path, m.path+"/"); rest != path {
		return rest
	}
	return "."
}

func isTest(at place) bool {
	file, _, _ := strings.Cut(string(at), ":")
	return strings.HasSuffix(file, "_test.go")
}

// forTests reports whether what only tests use is needed all the same: in a
// package that others may use, and in one for tests.
func forTests(pkg string) bool {
	return pkg == "transport" || strings.HasPrefix(pkg, "transport/") || strings.HasSuffix(pkg, "test") || pkg == "internal/lab"
}
