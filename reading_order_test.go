package mitoplan_test

import (
	"cmp"
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
	"sync"
	"testing"
)

// If a package comment says in which order to read the files, it names every file
// of the package once, and no other.
func TestReadingOrders(t *testing.T) {
	packages := 0
	for path, p := range ours(t) {
		all := filesOf(t, p)
		if order, says := readingOrder(packageComment(t, p)); says {
			packages++
			holdOrder(t, "the package comment of "+path, order, all)
		}
	}
	if packages == 0 {
		t.Error("no package comment says in which order to read the files")
	}
}

// readingOrder returns the part of a comment that says in which order to read
// files. It ends with the section.
func readingOrder(comment string) (order string, says bool) {
	at := inThisOrder.FindStringIndex(comment)
	if at == nil {
		return "", false
	}
	order, _, _ = strings.Cut(comment[at[0]:], "\n# ")
	return order, true
}

var inThisOrder = regexp.MustCompile(`(?i)\bin\s+this\s+order[.:;]`)

var fileName = regexp.MustCompile(`\b\w+\.go\b`)

// holdOrder wants each file of a package to be named once, and every named file to
// exist.
func holdOrder(t *testing.T, what, order string, all []string) {
	t.Helper()
	listed := fileName.FindAllString(order, -1)
	for _, name := range all {
		if !slices.Contains(listed, name) {
			t.Errorf("%s has no place for %s in its order", what, name)
		}
	}
	for i, name := range listed {
		if !slices.Contains(all, name) {
			t.Errorf("%s names %s, which does not exist", what, name)
		}
		if slices.Contains(listed[:i], name) {
			t.Errorf("%s names %s twice", what, name)
		}
	}
}

// callsDown matches the promise in a package comment that no file calls anything in
// the files before it.
var callsDown = regexp.MustCompile(`each\s+file\s+calls\s+only\s+what\s+is\s+in\s+the\s+files\s+after\s+it`)

// fromTheTop are the packages that make this promise: their files can be read from
// the first to the last.
var fromTheTop = []string{"cmd/mitoplan", "config", "executor", "internal/function", "internal/process", "internal/resource", "internal/resource/accounts", "internal/resource/documents", "internal/resource/edit", "internal/resource/files", "internal/resource/kinds", "internal/resource/scripts", "internal/resource/system", "planner", "transport/connect", "transport/process"}

// In a package that makes this promise, each file really calls only what is in the
// files after it.
func TestFilesAreReadFromTheTop(t *testing.T) {
	var say []string
	for path, p := range ours(t) {
		order, _ := readingOrder(packageComment(t, p))
		if !callsDown.MatchString(order) {
			continue
		}
		say = append(say, path)
		listed := fileName.FindAllString(order, -1)
		for _, r := range references(t, p) {
			if r.call && slices.Index(listed, r.from) > slices.Index(listed, r.to) {
				t.Errorf("%s: %s calls %s, which is above it, in %s", path, r.at, r.name, r.to)
			}
		}
	}
	slices.Sort(say)
	if !slices.Equal(say, fromTheTop) {
		t.Errorf("the comments of %v make the promise, and those of %v must", say, fromTheTop)
	}
}

// The comment of transport lists its layers with their files, the lowest first. A
// file may use what its own layer and the layers below declare.
func TestLayers(t *testing.T) {
	p := ours(t)["transport"]
	order, _ := readingOrder(packageComment(t, p))
	layer := layersOf(order)
	if len(layer) == 0 {
		t.Fatal("the package comment of transport lists no layers")
	}
	for _, r := range references(t, p) {
		if from, to := layer[r.from], layer[r.to]; to > from {
			t.Errorf("%s (layer %d) uses %s of %s (layer %d)", r.at, from, r.name, r.to, to)
		}
	}
}

// layersOf returns the layer of each file in a list of lines "1  What is in it:
// file.go …", which may be continued.
func layersOf(order string) map[string]int {
	layer, n := map[string]int{}, 0
	for line := range strings.Lines(order) {
		if newLayer.MatchString(line) {
			n++
		}
		for _, name := range fileName.FindAllString(line, -1) {
			layer[name] = n
		}
	}
	return layer
}

var newLayer = regexp.MustCompile(`^\t\d+ `)

// reference is the use, in one file of a package, of something that another file
// declares.
type reference struct {
	from, to, name string
	// call is true if it is a function or a method. It is false for a method of an
	// interface, as the code that runs is not in that file.
	call bool
	at   token.Position
}

// references returns the references on this platform, each name once for each file.
func references(t *testing.T, p pkg) []reference {
	t.Helper()
	imports, err := imported()
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: imports}
	self, err := conf.Check(p.ImportPath, set, files, info)
	if err != nil {
		t.Fatal(err)
	}
	first := map[reference]token.Position{}
	for id, obj := range info.Uses {
		if obj.Pkg() != self || !obj.Pos().IsValid() {
			continue
		}
		at := set.Position(id.Pos())
		r := reference{from: filepath.Base(at.Filename), to: filepath.Base(set.Position(obj.Pos()).Filename), name: obj.Name(), call: hasBody(obj)}
		if known, ok := first[r]; r.from != r.to && (!ok || at.Offset < known.Offset) {
			first[r] = at
		}
	}
	var all []reference
	for r, at := range first {
		r.at = at
		r.at.Filename = r.from
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b reference) int {
		return cmp.Or(strings.Compare(a.from, b.from), cmp.Compare(a.at.Offset, b.at.Offset))
	})
	return all
}

// hasBody reports whether an object is a function or method with a body.
func hasBody(obj types.Object) bool {
	f, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	recv := f.Signature().Recv()
	return recv == nil || !types.IsInterface(recv.Type())
}

// imported has what the compiler reports of the packages of this module and of all that
// they import. Each is read once. It is of a program without C, as other tests build it.
var imported = sync.OnceValues(func() (types.Importer, error) {
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	}), nil
})

// filesOf returns the files of a package for every system, without its tests and
// without the file that has only the package comment.
func filesOf(t *testing.T, p pkg) (out []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if name := filepath.Base(f); name != "doc.go" && !strings.HasSuffix(name, "_test.go") {
			out = append(out, name)
		}
	}
	return out
}

// packageComment returns the package comment, whichever file has it.
func packageComment(t *testing.T, p pkg) string {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return f.Doc.Text()
		}
	}
	return ""
}
