package mitoplan_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// The manual has the limits of the program.
func TestLimitsInTheManual(t *testing.T) {
	page, err := os.ReadFile("docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	limits := map[string]int64{
		"a file of the configuration":                                            constantOf(t, "config", "maxSourceSize"),
		"a file that a function of an expression reads":                          config.MaxSent,
		"a `source` that a plan file holds without `-bundle`":                    constantOf(t, "config/files", "Kept"),
		"what `base64gunzip()` unpacks, and `jsondecode()`, `yamldecode()` read": config.MaxSent,
		"all texts in the arguments of one block":                                config.MaxSent,
		"brackets inside of brackets":                                            constantOf(t, "config", "maxNesting"),
		"contexts one in the other, from the controller on":                      transport.MaxDepth,
		"a file that `line` edits":                                               constantOf(t, "internal/resource", "Editable"),
		"content that a plan shows, of one file":                                 constantOf(t, "internal/resource", "ShownContent"),
		"content that a plan shows, of one context":                              constantOf(t, "internal/resource", "shownPlan"),
		"what differs that a plan shows beyond that, of one context":             constantOf(t, "internal/resource", "shownParts"),
		"the result `content` of `line`":                                         constantOf(t, "internal/resource", "ShownContent"),
		"a file that `read_file` reads, if `max_size` says nothing":              constantOf(t, "internal/function", "readMax"),
		"`max_size` of `read_file`":                                              function.MaxAnswer,
		"what is kept of stdout, and of stderr, if `max_output` says nothing":    constantOf(t, "internal/function", "keptOutput"),
		"`max_output` of `command`":                                              function.MaxAnswer,
		"what an `archive` holds, unpacked":                                      constantOf(t, "config/files", "maxUnpacked"),
		"one answer of a host":                                                   transport.MaxReply,
		"what the answers of one host hold at once, in memory":                   constantOf(t, "transport", "maxDecoded"),
		"a plan file, without the sources of `-bundle`":                          constantOf(t, "planner", "maxFile"),
		"what their file has after each of them, all together":                   constantOf(t, "planner", "largestBatch"),
		"one argument of a program":                                              128 << 10, // MAX_ARG_STRLEN of Linux
	}
	counts := map[string]int64{
		"things in what `directory_sync` or `archive` brings":                                                                    constantOf(t, "internal/tree", "MaxEntries"),
		"things that one `purge` or `delete` removes":                                                                            constantOf(t, "internal/resource", "MaxInside"),
		"paths that one apply made in the directory of a `directory_sync` or `archive` that was there, as the record keeps them": constantOf(t, "internal/resource/files", "keptEntries"),
		"the same of all applies":                     constantOf(t, "executor", "maxAlong"),
		"blocks that are made in one write of a file": constantOf(t, "planner", "longestBatch"),
	}
	texts := map[string]string{}
	for what, n := range limits {
		texts[what] = sizeText(n)
	}
	for what, n := range counts {
		texts[what] = prose.Number(n)
	}
	for what, text := range texts {
		if rows[what] != text {
			t.Errorf("docs/limits.md says %q for %s, and the program has %s", rows[what], what, text)
		}
		delete(rows, what)
	}
	delete(rows, "what `stdout_file` or `save_as` gets, if `max_output` or `max_size` says nothing") // no size: TestAHostDoesNotFillTheDisk
	delete(rows, "what a `download` gets, on the controller or with `from = \"host\"` on the host")  // nor this one: TestAServerDoesNotFillTheDisk
	delete(rows, "what")
	delete(rows, "---")
	for what := range rows {
		t.Errorf("docs/limits.md has a limit that is not compared with the program: %s", what)
	}
	// Two results of the greatest size, with all that goes with them, fit into one
	// answer.
	if 2*function.MaxAnswer+1<<20 > transport.MaxReply || config.MaxSent+1<<20 > transport.MaxMessage {
		t.Error("the greatest request or answer does not fit into one message")
	}
}

// The other documents that name the depth of a tree of contexts say the same.
func TestDepthInTheManual(t *testing.T) {
	for file, says := range map[string]string{
		"docs/contexts.md":                          "It is at most %d contexts deep.",
		"docs/decisions/0001-paths-as-addresses.md": "which is at most %d.",
		"transport/doc.go":                          "A path has at most %d ",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(strings.ReplaceAll(string(text), "\n//", "\n")), " ")
		if want := fmt.Sprintf(says, transport.MaxDepth); !strings.Contains(words, want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}

// The definitions of arguments name their limits, as the manual does.
func TestLimitsInDefinitions(t *testing.T) {
	_, resources, functions := kinds()
	docs := map[string]string{}
	for _, k := range append(resources, functions...) {
		for _, a := range append(k.Args.Attrs, k.Results.Attrs...) {
			docs[k.Name+"."+a.Name] = a.Doc + " " + a.Default
		}
	}
	for name, n := range map[string]int64{
		"file.content": config.MaxSent, "file.content_base64": config.MaxSent, "file.source": constantOf(t, "config/files", "Kept"), "command.stdin": config.MaxSent,
		"line.path": constantOf(t, "internal/resource", "Editable"), "line.content": constantOf(t, "internal/resource", "ShownContent"),
		"read_file.max_size": function.MaxAnswer, "command.max_output": function.MaxAnswer,
	} {
		if !strings.Contains(docs[name], sizeText(n)) {
			t.Errorf("%s does not name its limit of %s: %s", name, sizeText(n), docs[name])
		}
	}
	for name, n := range map[string]int64{
		"read_file.max_size": constantOf(t, "internal/function", "readMax"), "command.max_output": constantOf(t, "internal/function", "keptOutput"),
	} {
		if !strings.HasSuffix(docs[name], fmt.Sprint(" ", n)) {
			t.Errorf("the default of %s is not %d: %s", name, n, docs[name])
		}
	}
}

// sizeText writes a limit as the manual does.
func sizeText(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return fmt.Sprintf("%d %s", n/u.size, u.name)
		}
	}
	return fmt.Sprint(n)
}

// constantOf returns the value of a constant of a package, which has to be written
// where it is declared.
func constantOf(t *testing.T, dir, name string) int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.ValueSpec)
				if spec.Names[0].Name != name || len(spec.Values) != 1 {
					continue
				}
				v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(spec.Values[0]))
				if err != nil {
					t.Fatalf("%s of %s: %v", name, dir, err)
				}
				n, _ := constant.Int64Val(v.Value)
				return n
			}
		}
	}
	t.Fatalf("%s has no constant %s", dir, name)
	return 0
}
