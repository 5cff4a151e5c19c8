// Package mitoplan_test holds the rules about who may import whom. Each is
// stated with its reason, and fails here when it is broken.
package mitoplan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

const module = "github.com/mitoplan/mitoplan/"

// pkg is what `go list` says of a package, without its tests.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string // direct
	Deps       []string // all
}

// packages are the packages of this module, by their paths in it.
var packages = sync.OnceValues(func() (map[string]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.New(err.Error() + ": " + errs.String())
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(p.GoFiles) > 0 {
			all[strings.TrimPrefix(p.ImportPath, module)] = p
		}
	}
})

func ours(t *testing.T) map[string]pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// matches tells whether a package is the one of the pattern or, if the pattern ends
// in "/...", is anywhere below it. Packages of this module are written without its
// name.
func matches(importPath, pattern string) bool {
	importPath = strings.TrimPrefix(importPath, module)
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == root || strings.HasPrefix(importPath, root+"/")
	}
	return importPath == pattern
}

func matchesAny(importPath string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(importPath, p) })
}

var hcl = []string{"github.com/hashicorp/hcl/v2/...", "github.com/zclconf/go-cty/..."}

// testOnly are packages that only tests may import.
var testOnly = []string{"testing", "internal/childtest", "internal/formattest", "internal/lab", "internal/resource/resourcetest", "internal/terminaltest", "transport/transporttest/...", "cmd/mitoplan/view/viewtest", "github.com/santhosh-tekuri/jsonschema/...", "go.uber.org/goleak", "pgregory.net/rapid"}

// rules forbid imports. from and not are patterns for matches.
var rules = []struct {
	name, why string
	from      []string
	except    []string // of from
	not       []string
	deep      bool // also what the imports import
}{
	{
		name: "the agent is small and knows nothing of configurations",
		why:  "it crosses the wire to every host, where each megabyte is time, and each package something that a user of the host can attack",
		from: []string{"cmd/mitoplan-agent", "internal/agent"},
		not:  append([]string{"net/http", "golang.org/x/crypto/ssh/...", "github.com/urfave/cli/...", "github.com/klauspost/compress/...", "github.com/ulikunitz/xz/...", "internal/agentbin", "internal/catalogue/controller", "internal/manual", "config/...", "planner", "executor"}, hcl...),
		deep: true,
	},
	{
		name: "transport stands alone",
		why:  "it is a library for Go programs that know nothing of mitoplan's resources",
		from: []string{"transport"},
		not:  append([]string{"config", "planner", "executor", "cmd/...", "internal/agent", "internal/agentbin", "internal/function", "internal/process", "internal/resource/...", "internal/state", "transport/connect/...", "transport/process"}, hcl...),
		deep: true,
	},
	{
		name: "the definition of kinds depends on nothing",
		why:  "planner, agent and manual all read it",
		from: []string{"internal/kind"},
		not:  append([]string{"net", "transport", "config"}, hcl...),
		deep: true,
	},
	{
		name: "finding secrets in text knows no host and no configuration",
		why:  "planner and views both do it, with one rule",
		from: []string{"internal/secret"},
		not:  append([]string{"net", "transport", "config"}, hcl...),
		deep: true,
	},
	{
		name: "the planner does no I/O",
		why:  "it is passive: it is asked what may start and told what came back, so that whole plans are tested in microseconds and a plan file replays as it was made",
		from: []string{"planner"},
		not:  []string{"os", "os/exec", "os/user", "net", "net/http", "syscall", "golang.org/x/sys/unix", "transport", "transport/connect/...", "internal/agent", "executor"},
	},
	{
		name:   "one package reads HCL",
		why:    "everything else works on blocks and values, so that a mistake in a configuration has one place where it is found",
		from:   []string{"..."},
		except: []string{"config", "config/functions"},
		not:    []string{"github.com/hashicorp/hcl/v2/hclparse", "github.com/hashicorp/hcl/v2/hclsyntax", "github.com/hashicorp/hcl/v2/json"},
	},
	{
		name: "functions know no blocks",
		why:  "what a function does follows from its arguments, the files of the controller and the clock, whoever calls it; so it is tested by itself, and protected from showing secrets in one place",
		from: []string{"config/functions", "config/marks", "config/files"},
		not:  []string{"config", "internal/kind", "internal/resource/...", "internal/function", "internal/state", "transport/...", "planner", "executor", "os/exec", "net/http", "github.com/hashicorp/hcl/v2/hclparse", "github.com/hashicorp/hcl/v2/json", "github.com/hashicorp/hcl/v2/gohcl", "github.com/hashicorp/hcl/v2/hcldec"},
		deep: true,
	},
	{
		name: "the configuration knows no kind",
		why:  "catalogues are handed to it, so that it is tested with kinds of its own and a new kind changes nothing in it",
		from: []string{"config/..."},
		not:  []string{"transport/...", "internal/resource/...", "internal/function", "internal/agent", "internal/state", "planner", "executor"},
		deep: true,
	},
	{
		name: "what kinds stand on knows none of them",
		why:  "a kind is added by its own files, and is read without the others",
		from: []string{"internal/resource", "internal/resource/edit"},
		not:  []string{"internal/resource/files", "internal/resource/accounts", "internal/resource/scripts", "internal/resource/system", "internal/resource/kinds"},
		deep: true,
	},
	{
		name: "edits know bytes only",
		why:  "a plan runs them again and again, in any agent, without a host",
		from: []string{"internal/resource/edit"},
		not:  []string{"os", "os/exec", "syscall", "golang.org/x/sys/unix", "transport/...", "internal/resource"},
	},
	{
		name: "nothing fills tables at the start",
		why:  "every command, and the agent of every context, waits for the initialisation of all packages; these ones make a table of every rune in it, or bring such a one along (see also TestInitialisationIsBounded)",
		from: []string{"..."},
		not:  []string{"github.com/mattn/go-runewidth", "github.com/charmbracelet/x/...", "github.com/rivo/uniseg"},
		deep: true,
	},
	{
		name:   "what is for tests stays in tests",
		why:    "it would be linked into what users run",
		from:   []string{"..."},
		except: append(slices.Clone(testOnly), "examples/go/latency"), // it shows how a design is tested
		not:    testOnly,
	},
}

func TestForbiddenImports(t *testing.T) {
	all := ours(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			held := false
			for path, p := range all {
				everywhere := slices.Equal(r.from, []string{"..."})
				if !everywhere && !matchesAny(path, r.from) || matchesAny(path, r.except) {
					continue
				}
				held = true
				imports := p.Imports
				if r.deep {
					imports = p.Deps
				}
				for _, i := range imports {
					if matchesAny(i, r.not) {
						t.Errorf("%s imports %s%s\nThe rule is: %s, for %s.", path, strings.TrimPrefix(i, module), through(all, p, i), r.name, r.why)
					}
				}
			}
			if !held {
				t.Errorf("the rule is about %v, which does not exist", r.from)
			}
		})
	}
}

// through says by which direct import of this module a package gets an indirect
// one.
func through(all map[string]pkg, p pkg, to string) string {
	for _, i := range p.Imports {
		if next, ok := all[strings.TrimPrefix(i, module)]; ok && slices.Contains(next.Deps, to) {
			return " through " + strings.TrimPrefix(i, module)
		}
	}
	return ""
}

// layers are the packages of this module from the bottom up. An import goes from a
// higher layer to a lower one, or stays in its own directory. So one can read the
// code from the bottom, and a change is noticed only above it.
var layers = [][]string{
	{"internal/prose", "internal/tree"},
	{"config/files", "config/marks", "internal/charset", "internal/hostcache", "internal/kind", "internal/process", "internal/secret", "internal/testreport", "transport/internal/crowd", "transport/internal/kin", "transport/internal/queue"},
	{"transport", "internal/filesystem", "internal/manual", "internal/resource/edit"},
	{"transport/connect/...", "transport/logger", "transport/process", "internal/pull", "internal/temporary"},
	{"internal/download"},
	{"internal/resource", "internal/function", "internal/agentbin/...", "internal/state", "config/..."},
	{"internal/resource/files", "internal/resource/accounts", "internal/resource/scripts"},
	{"internal/resource/system", "internal/resource/documents"}, // edit tables with files.Item, and values with files.Value
	{"internal/resource/kinds", "internal/webcall"},
	{"internal/catalogue/..."},
	{"planner", "internal/agent"},
	{"executor"},
	{"cmd/mitoplan/...", "cmd/mitoplan-agent", "e2e", "examples/go/..."},
}

func layerOf(path string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return matchesAny(path, l) })
}

func TestImportsPointOneWay(t *testing.T) {
	for path, p := range ours(t) {
		from := layerOf(path)
		if matchesAny(path, testOnly) {
			continue
		}
		if from < 0 {
			t.Errorf("%s has no layer: say in layers where it belongs", path)
			continue
		}
		for _, i := range p.Imports {
			to := layerOf(i)
			if !strings.HasPrefix(i, module) || to < 0 || to < from || sameTree(path, strings.TrimPrefix(i, module)) {
				continue
			}
			t.Errorf("%s imports %s, which is not below it", path, strings.TrimPrefix(i, module))
		}
	}
}

func sameTree(a, b string) bool {
	return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// Catalogues are explicit lists, and nothing runs before main. So what a program
// knows can be read in one place.
func TestNothingRunsBeforeMain(t *testing.T) {
	eachFile(t, func(path string, f *ast.File) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s has an init function", path)
			}
		}
	})
}

// The planner reads no clock: the same answers give the same plan.
func TestPlannerReadsNoClock(t *testing.T) {
	clock := []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}
	eachFile(t, func(path string, f *ast.File) {
		if !strings.HasPrefix(path, "planner/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, sel.Sel.Name) {
				t.Errorf("%s uses time.%s", path, sel.Sel.Name)
			}
			return true
		})
	})
}

// eachFile parses every source file of this module that is no test.
func eachFile(t *testing.T, visit func(path string, f *ast.File)) {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	for path, f := range files {
		visit(path, f)
	}
}

// parsed are the files of this module by their paths in it, without comments. They are
// parsed once for all tests, and no test changes them.
var parsed = sync.OnceValues(func() (map[string]*ast.File, error) {
	all, err := packages()
	if err != nil {
		return nil, err
	}
	files := map[string]*ast.File{}
	for path, p := range all {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			files[path+"/"+name] = f
		}
	}
	return files, nil
})

// Only internal/prose asks "Did you mean". So every mistyped name is looked up in
// the same way.
func TestDidYouMeanIsAskedInOnePlace(t *testing.T) {
	eachFile(t, func(path string, f *ast.File) {
		if strings.HasPrefix(path, "internal/prose/") || path == "config/syntax_messages.go" {
			return // the second reads what the parser of HCL asks
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && strings.Contains(lit.Value, "Did you mean") {
				t.Errorf("%s writes %s: use prose.DidYouMean", path, lit.Value)
			}
			return true
		})
	})
}

// Only kind.Thing puts things together and takes them apart, whatever they are of.
func TestThingsAreMadeInOnePlace(t *testing.T) {
	sorts := []string{`"` + kind.PathOf + `:`, `"` + kind.UserOf + `:`, `"` + kind.GroupOf + `:`}
	eachFile(t, func(path string, f *ast.File) {
		if matchesAny(path, testOnly) || strings.HasPrefix(path, "transport/transporttest/") {
			return // An attack writes what no agent would.
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && slices.ContainsFunc(sorts, func(s string) bool { return strings.HasPrefix(lit.Value, s) }) {
				t.Errorf("%s writes %s: use kind.Thing", path, lit.Value)
			}
			return true
		})
	})
}
