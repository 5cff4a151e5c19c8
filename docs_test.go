package mitoplan_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

var update = flag.Bool("update", false, "write the pages anew that are made from something else")

// kinds returns all definitions, in the order of the manual.
func kinds() (contexts, resources, functions []kind.Kind) {
	byRole := map[kind.Role][]kind.Kind{}
	for _, k := range controller.Kinds() {
		byRole[k.Role] = append(byRole[k.Role], k)
	}
	for _, l := range byRole {
		slices.SortFunc(l, func(a, b kind.Kind) int { return strings.Compare(a.Name, b.Name) })
	}
	return byRole[kind.RoleContext], byRole[kind.RoleResource], byRole[kind.RoleFunction]
}

const kindsHead = `# Kinds

Every context kind, resource kind and function, with its arguments and results.
This page is written from their definitions by ` + "`go test . -run TestKindsManual -update`" + `.
Arguments that every block has are in [language.md](language.md).

A path on the controller is that of a file where mitoplan runs; the text of its argument
says so. A ` + "`~/`" + ` at its beginning is the home directory of who runs mitoplan, and a
relative path begins in the directory of the configuration. In ` + "`identity_file`, `certificate`" + `
and ` + "`known_hosts`, `~USER/`, `${VARIABLE}` and `%`" + ` tokens are what they are in ssh_config(5).
Any other path is one on a host, and absolute. There, only a shell knows ` + "`~`: `on.home`" + ` is
the home directory of the user of the context, as in ` + "`\"${on.home}/x\"`" + `.

`

// The manual of kinds says what the definitions say.
func TestKindsManual(t *testing.T) {
	contexts, resources, functions := kinds()
	var b strings.Builder
	b.WriteString(kindsHead)
	b.WriteString("## Context kinds\n\nBeside its arguments, each has what its agent reports:\n\n")
	b.WriteString(attrTable(contexts[0].Results.Attrs, false))
	for _, k := range contexts {
		k.Results = kind.Schema{} // those of all, above
		b.WriteString(manual(k))
	}
	b.WriteString("\n## Resource kinds\n")
	for _, k := range resources {
		b.WriteString(manual(k))
	}
	b.WriteString("\n## Functions\n")
	for _, k := range functions {
		b.WriteString(manual(k))
	}
	assertPage(t, "docs/kinds.md", b.String())
}

// The manual says of every resource kind what becomes of what it made, once that is taken
// away.
func TestTheManualSaysHowThingsEnd(t *testing.T) {
	_, resources, _ := kinds()
	for _, k := range resources {
		if len(k.End) < 40 || !strings.HasSuffix(k.End, ".") {
			t.Errorf("the Manual of %s says of the end %q, want sentences", k.Name, k.End)
		}
	}
}

// assertPage holds that a page of the manual is what it is generated from. With
// -update it writes the page.
func assertPage(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Errorf("%s differs from what it is generated from: run go test . -run %s -update", path, t.Name())
	}
}

// manual writes the section of one kind.
func manual(k kind.Kind) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n%s", k.Name, k.Doc)
	if k.Opaque {
		b.WriteString(" It may touch anything on its machine.")
	}
	if k.ReadOnly {
		b.WriteString(" It only reads, so it runs while planning.")
	}
	b.WriteString("\n\n")
	if len(k.Args.Attrs) == 0 {
		b.WriteString("It has no arguments.\n")
	} else {
		b.WriteString(attrTable(k.Args.Attrs, true))
	}
	if k.End != "" {
		b.WriteString("\nWhen it is taken away: " + k.End + "\n")
	}
	if len(k.Results.Attrs) > 0 {
		b.WriteString("\nResults:\n\n" + attrTable(k.Results.Attrs, false))
	}
	return b.String()
}

func attrTable(attrs []kind.Attr, arguments bool) string {
	var b strings.Builder
	b.WriteString("| name | type | |\n| --- | --- | --- |\n")
	for _, a := range attrs {
		if arguments && a.Computed {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.Name, a.Type, strings.ReplaceAll(a.Doc+attrNotes(a), "|", `\|`))
	}
	return b.String()
}

// attrNotes writes what else the definition says of an argument.
func attrNotes(a kind.Attr) string {
	var notes string
	if a.Required {
		notes += " Required."
	}
	if a.Secret {
		notes += " A secret."
	}
	if len(a.OneOf) > 0 {
		notes += " One of `" + strings.Join(a.OneOf, "`, `") + "`."
	}
	if a.Default != "" {
		notes += " Default `" + a.Default + "`."
	}
	if len(a.Conflicts) > 0 {
		notes += " Not together with `" + strings.Join(a.Conflicts, "`, `") + "`."
	}
	return notes
}

// papers returns the texts of all documents, by their paths.
func papers(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "examples/*/*.md", "changelog/unreleased/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	return all
}

// Every file of the repository that a document names exists.
func TestNamedFilesExist(t *testing.T) {
	named := regexp.MustCompile("`((?:cmd|config|docs|e2e|examples|executor|internal|planner|testdata|tools|transport|\\.ci)/[\\w./-]+|[\\w-]+_test\\.go)`")
	for paper, text := range papers(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(m[1]); err != nil && !slices.ContainsFunc(recipes, func(r recipe) bool { return r.dir+"/"+r.file == m[1] }) {
				t.Errorf("%s names %s, which does not exist", paper, m[1])
			}
		}
	}
}

var snippet = regexp.MustCompile("(?s)```hcl\n(.*?)```")

// Every test that a document names exists.
func TestNamedTestsExist(t *testing.T) {
	named := regexp.MustCompile("`(Test[A-Z]\\w+)`")
	tests := testsOfAll(t)
	for paper, text := range papers(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(tests, "func "+m[1]+"(") {
				t.Errorf("%s names %s, which is no test", paper, m[1])
			}
		}
	}
}

// testsOfAll is the text of all test files.
func testsOfAll(t *testing.T) string {
	t.Helper()
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "*/*/*_test.go", "*/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(b)
		}
	}
	return tests.String()
}

// Every snippet in the documents is a configuration without an error.
func TestSnippets(t *testing.T) {
	found := 0
	for paper, text := range papers(t) {
		for i, m := range snippet.FindAllStringSubmatch(text, -1) {
			found++
			t.Run(fmt.Sprintf("%s %d", paper, i+1), func(t *testing.T) { assertLoads(t, m[1]) })
		}
	}
	if found == 0 {
		t.Error("the documents have no snippets")
	}
}

func assertLoads(t *testing.T, source string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, diags := config.Load(dir, controller.Catalogue()); diags.HasErrors() {
		t.Errorf("%v\n%s", diags, source)
	}
}

// The examples are configurations without an error.
func TestExamplesLoad(t *testing.T) {
	for _, name := range []string{"quickstart", "fleet"} {
		if _, diags := config.Load(filepath.Join("examples", name), controller.Catalogue()); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
