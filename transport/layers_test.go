package transport_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The package comment lists the layers with their files, the lowest first. That
// list is the rule: a file uses what is declared in its own layer and in those
// below it, so that the package can be read from the first file to the last.
func TestLayers(t *testing.T) {
	layers := layersOf(t)
	layerOf := map[string]int{}
	for i, files := range layers {
		for _, f := range files {
			if _, twice := layerOf[f]; twice {
				t.Errorf("the package comment lists %s twice", f)
			}
			layerOf[f] = i
		}
	}
	all, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if _, listed := layerOf[f]; !listed && f != "doc.go" && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s is in no layer: say in the package comment (doc.go) where it belongs", f)
		}
	}
	for f := range layerOf {
		if !slices.Contains(all, f) {
			t.Errorf("the package comment lists %s, which does not exist", f)
		}
	}
	for _, r := range references(t) {
		from, to := layerOf[r.from], layerOf[r.to]
		if to > from {
			t.Errorf("%s (layer %d) uses %s of %s (layer %d)", r.at, from+1, r.name, r.to, to+1)
		}
	}
}

// layersOf reads the list of the package comment: lines "//  1  file.go …" and
// their continuations.
func layersOf(t *testing.T) (layers [][]string) {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(doc), "\n// # Layers\n")
	if !ok {
		t.Fatal("doc.go has no section Layers")
	}
	list, _, _ = strings.Cut(list, "\n// # ")
	row := regexp.MustCompile(`^//\t(\d+)? +(.*)$`)
	for line := range strings.Lines(list) {
		m := row.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			continue
		}
		if m[1] != "" {
			layers = append(layers, nil)
		}
		for _, word := range strings.Fields(m[2]) {
			if strings.HasSuffix(word, ".go") {
				layers[len(layers)-1] = append(layers[len(layers)-1], word)
			}
		}
	}
	return layers
}

// reference is the use, in one file of the package, of something that another
// one declares.
type reference struct {
	from, to string
	name     string
	at       token.Position
}

// references are those of this platform, each name of each file once.
func references(t *testing.T) []reference {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range goList(t, "-f", `{{range .GoFiles}}{{println .}}{{end}}`, ".") {
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(set, "gc", exportData(t))}
	self, err := conf.Check("github.com/mitoplan/mitoplan/transport", set, files, info)
	if err != nil {
		t.Fatal(err)
	}
	found := map[reference]token.Position{}
	for id, obj := range info.Uses {
		if obj.Pkg() != self || !obj.Pos().IsValid() {
			continue
		}
		at := set.Position(id.Pos())
		r := reference{from: at.Filename, to: set.Position(obj.Pos()).Filename, name: obj.Name()}
		if first, ok := found[r]; r.from != r.to && (!ok || at.Offset < first.Offset) {
			found[r] = at
		}
	}
	var all []reference
	for r, at := range found {
		r.at = at
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b reference) int {
		return strings.Compare(fmt.Sprintf("%s %6d", a.from, a.at.Offset), fmt.Sprintf("%s %6d", b.from, b.at.Offset))
	})
	return all
}

// goList is what `go list` says of the package.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("go list %v: %v\n%s", args, err, exit.Stderr)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// exportData finds what the compiler said of an imported package.
func exportData(t *testing.T) func(path string) (io.ReadCloser, error) {
	exports := map[string]string{}
	for _, line := range goList(t, "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".") {
		path, file, _ := strings.Cut(line, " ")
		exports[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
}
