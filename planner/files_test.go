package planner_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The package comment names each file once, in the order in which they are read,
// and calls run down that list.
func TestFilesAreReadFromTheTop(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "# Where to read")
	list, _, _ = strings.Cut(list, "// # ")
	order := regexp.MustCompile(`[a-z_]+\.go`).FindAllString(list, -1)
	at := map[string]int{}
	for k, name := range order {
		if _, twice := at[name]; twice {
			t.Errorf("%s is named twice", name)
		}
		at[name] = k
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, named := at[name]; !named && !strings.HasSuffix(name, "_test.go") && name != "doc.go" {
			t.Errorf("the package comment does not say where to read %s", name)
		}
	}
	for _, name := range order {
		if !slices.Contains(names, name) {
			t.Errorf("the package comment names %s, which there is not", name)
		}
	}
	for call, positions := range callsBetweenFiles(t, names) {
		if at[call.from] > at[call.to] {
			t.Errorf("%s calls up to %s: %s", call.from, call.to, strings.Join(positions, ", "))
		}
	}
}

type fileCall struct{ from, to string }

// callsBetweenFiles are the uses of functions and methods of this package in
// another of its files. Packages that are imported are not looked at.
func callsBetweenFiles(t *testing.T, names []string) map[fileCall][]string {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	check := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := check.Check("planner", set, files, info) // the imports are missing
	out := map[fileCall][]string{}
	for id, object := range info.Uses {
		f, isFunc := object.(*types.Func)
		if !isFunc || f.Pkg() != pkg {
			continue
		}
		from, to := set.Position(id.Pos()), set.Position(f.Pos())
		if from.Filename != to.Filename {
			call := fileCall{from.Filename, to.Filename}
			out[call] = append(out[call], id.Name)
		}
	}
	return out
}

// nothing finds no package.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) { return nil, os.ErrNotExist }
