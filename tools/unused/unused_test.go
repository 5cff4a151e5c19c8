package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fileCases are packages of one file, with what is reported of each. The name of
// the package is left out.
var fileCases = map[string]struct{ src, want string }{
	// Fields.
	"written":    {"type t struct{ f int }\nfunc init() { var x t; x.f = 1 }", "t.f is written and never read"},
	"read":       {"type t struct{ f int }\nfunc init() { var x t; _ = x.f }", "t.f is read and never written"},
	"neither":    {"type t struct{ f int }\nfunc init() { var x t; _ = x }", "t.f is neither read nor written"},
	"both":       {"type t struct{ f int }\nfunc init() { var x t; x.f = 1; _ = x.f }", ""},
	"keyed":      {"type t struct{ f int }\nfunc init() { _ = t{f: 1} }", "t.f is written and never read"},
	"positional": {"type t struct{ f int }\nfunc init() { _ = t{1} }", "t.f is written and never read"},
	"counted":    {"type t struct{ f int }\nfunc init() { var x t; x.f++ }", "t.f is written and never read"},
	"added":      {"type t struct{ f int }\nfunc init() { var x t; x.f += 1 }", "t.f is written and never read"},
	"appended":   {"type t struct{ f []int }\nfunc init() { var x t; x.f = append(x.f, 1) }", "t.f is written and never read"},
	"element":    {"type t struct{ f []int }\nfunc init() { var x t; x.f[0] = 1 }", "t.f is written and never read"},
	"deleted":    {"type t struct{ f map[int]int }\nfunc init() { var x t; delete(x.f, 1) }", "t.f is written and never read"},
	"ranged":     {"type t struct{ f int }\nfunc init() { var x t; for x.f = range 3 { } }", "t.f is written and never read"},
	"holder":     {"type in struct{ f int }\ntype t struct{ i in }\nfunc init() { var x t; x.i.f = 1 }", "in.f is written and never read, t.i is written and never read"},
	"address":    {"type t struct{ f int }\nfunc init() { var x t; p := &x.f; _ = p }", ""},
	"pointed":    {"type n int\nfunc (*n) set() {}\ntype t struct{ f n }\nfunc init() { var x t; x.f.set() }", ""},
	"compared":   {"type t struct{ f int }\nfunc init() { _ = t{f: 1} == t{} }", ""},
	"switched":   {"type t struct{ f int }\nfunc init() { switch (t{f: 1}) { } }", ""},
	"key":        {"type t struct{ f int }\nfunc init() { _ = map[t]bool{{f: 1}: true} }", ""},
	"comparable": {"type t struct{ f int }\nfunc same[T comparable](a, b T) bool { return a == b }\nfunc init() { same(t{f: 1}, t{}) }", ""},
	"converted":  {"type a struct{ f int }\ntype b struct{ f int }\nfunc init() { x := b(a{f: 1}); _ = x.f }", ""},
	"decoded":    {"type t struct{ f int }\nfunc decode(any) {}\nfunc init() { var x t; decode(&x); _ = x.f }", ""},
	"local":      {"func init() { type t struct{ f int }; _ = t{f: 1} }", "init.t.f is written and never read"},
	"nested":     {"type t struct{ in struct{ f int } }\nfunc init() { var x t; _ = x.in.f }", "t.in is read and never written, t.in.f is read and never written"},
	"unnamed":    {"type t struct{ _ int }\nfunc init() { _ = t{} }", ""},
	"schema":     {"type t struct{ F, G int `cbor:\"f\"`; H int }\nvar _ = func() any { return &t{} }\nfunc init() { var x t; _ = x.F + x.H }", "t.G is neither read nor written, t.H is read and never written"},
	"example":    {"type t struct{ F int `cbor:\"f\"` }\nfunc results(any) {}\nfunc init() { results(t{}); _ = t{F: 1} }", ""},
	// A comparison of a field with nil counts as a use. So nothing is reported of a
	// field that is made when it is first needed.
	"made": {"type t struct{ f []int }\nfunc init() { var x t; if x.f == nil { x.f = []int{1} } }", ""},

	// Names.
	"function":  {"func F() {}", "F is used by nobody"},
	"recursive": {"func F() { F() }", "F is used by nobody"},
	"type":      {"type T int", "T is used by nobody"},
	"itself":    {"type T *T", "T is used by nobody"},
	"variable":  {"var V = 1", "V is used by nobody"},
	"constant":  {"const C = 1", "C is used by nobody"},
	"zero":      {"const C = 0\nconst D = \"\"", ""},
	"list":      {"const (\n\tA = iota\n\tB\n)", ""},
	"method":    {"type t int\nfunc (t) N() {}\nvar _ t", "t.N is used by nobody"},
	"pointer":   {"type t int\nfunc (*t) N() {}\nvar _ t", "t.N is used by nobody"},
	"interface": {"type t int\nfunc (t) M() {}\ntype i interface{ M() }\nvar _ i = t(0)", ""},
	"foreign":   {"type t int\nfunc (t) Error() string { return \"\" }\nfunc (t) Unwrap() error { return nil }\nvar _ error = t(0)", "t.Error is used by nobody"},
	"generic":   {"type g[T any] struct{}\nfunc (g[T]) M() {}\nfunc init() { g[int]{}.M() }", ""},
}

// moreCases are packages of more than one file, or whose name has a meaning.
var moreCases = map[string]struct {
	files map[string]string
	want  string
}{
	"tested": {map[string]string{
		"a.go":      "type t struct{ f int }\nfunc F() {}\nfunc init() { _ = t{f: 1} }",
		"a_test.go": "func init() { F(); var x t; _ = x.f }",
	}, "t.f is read by nobody but tests, F is used by nobody but tests"},
	"tested/transport/connect": {map[string]string{"a.go": "func F() {}", "a_test.go": "func init() { F() }"}, "F is used by nobody but tests"},
	"transport":                {map[string]string{"a.go": "func F() {}\nfunc G() {}", "a_test.go": "func init() { F() }"}, "G is used by nobody"},
	"connecttest":              {map[string]string{"a.go": "func F() {}", "a_test.go": "func init() { F() }"}, ""},
	"tests":                    {map[string]string{"a.go": "", "a_test.go": "type t struct{ f int }\nfunc init() { _ = t{f: 1} }"}, "t.f is written and never read"},
	"sent":                     {map[string]string{"a.go": "", "a_test.go": "type t struct{ F int `json:\"f\"` }\nfunc init() { _ = t{F: 1} }"}, ""},
	"cmd/program":              {map[string]string{"a.go": "type t struct{ F, G int `json:\"f\"`; H int }\nfunc init() { _ = t{F: 1, G: 2, H: 3} }"}, "t.H is written and never read"},
	"systems":                  {map[string]string{"a.go": "func F() {}\nfunc G() {}", "a_darwin.go": "func init() { F() }"}, "G is used by nobody"},
}

// Each case is a package of one module, which is loaded once.
func TestWhatIsReported(t *testing.T) {
	files, want := map[string]string{}, map[string]string{}
	for pkg, c := range fileCases {
		files[pkg+"/a.go"], want[pkg] = c.src, c.want
	}
	for pkg, c := range moreCases {
		want[pkg] = c.want
		for name, src := range c.files {
			files[pkg+"/"+name] = src
		}
	}
	found, err := run(moduleOf(t, files), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, line := range found {
		at, what, _ := strings.Cut(line, ": ")
		pkg := filepath.Dir(at)
		got[pkg] = append(got[pkg], strings.TrimPrefix(what, pkg+"."))
	}
	for pkg, w := range want {
		var lines []string
		if w != "" {
			lines = strings.Split(w, ", ")
		}
		slices.Sort(lines)
		if slices.Sort(got[pkg]); !slices.Equal(got[pkg], lines) {
			t.Errorf("%s: reported is %q, want %q", pkg, got[pkg], lines)
		}
	}
}

// A file lists what is kept, by name or by the beginning of names. What it lists is
// not reported. A line that is not needed any more is reported, and a line without
// a reason is refused.
func TestWhatIsKept(t *testing.T) {
	dir := moduleOf(t, map[string]string{
		"p/a.go": "type T struct{ a, b int }\nfunc init() { _ = T{a: 1, b: 2} }\nfunc F() {}\n",
	})
	const a, b, f = "p/a.go:2:16: p.T.a is written and never read", "p/a.go:2:19: p.T.b is written and never read", "p/a.go:4:6: p.F is used by nobody"
	for name, c := range map[string]struct {
		kept string
		want []string
		err  string
	}{
		"nothing":                     {"# only a comment\n\n", []string{a, b, f}, ""},
		"a name":                      {"p.T.a the layout is the format\n", []string{b, f}, ""},
		"all that begin so":           {"p.T. the layout is the format\n", []string{f}, ""},
		"the package":                 {"p. an example\n", nil, ""},
		"a name that is used":         {"p.T is used\np. an example\n", []string{"FILE:1: p.T need not be kept: it is used, or gone"}, ""},
		"the beginning of no name":    {"p. an example\np.T", nil, "FILE:2: no reason for p.T"},
		"no name that only begins so": {"p.T.ab gone\np. an example\n", []string{"FILE:1: p.T.ab need not be kept: it is used, or gone"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "kept.txt")
			write(t, file, c.kept)
			got, err := run(dir, file)
			if err != nil || c.err != "" {
				if err == nil || strings.ReplaceAll(err.Error(), file, "FILE") != c.err {
					t.Errorf("the error is %v, want %q", err, c.err)
				}
				return
			}
			for k := range got {
				got[k] = strings.ReplaceAll(got[k], file, "FILE")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("reported is %q, want %q", got, c.want)
			}
		})
	}
	if _, err := run(dir, filepath.Join(dir, "none.txt")); err == nil {
		t.Error("a missing file counts as an empty one")
	}
}

// A module that does not build is an error, and not a module without findings.
func TestAModuleThatDoesNotBuild(t *testing.T) {
	_, err := run(moduleOf(t, map[string]string{"p/a.go": "var x int = \"text\""}), "")
	if err == nil || !strings.Contains(err.Error(), "a.go:2") {
		t.Errorf("the error is %v", err)
	}
}

// moduleOf writes a module of these files, whose package clauses it adds. It
// returns the directory.
func moduleOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.26\n")
	for name, src := range files {
		write(t, filepath.Join(dir, name), "package p\n"+src+"\n")
	}
	return dir
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
