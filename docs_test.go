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
)

var update = flag.Bool("update", false, "write the pages anew that are made from something else")

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

// papers returns the texts of all documents, by their paths.
func papers(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/kinds/*.md", "docs/decisions/*.md", "examples/*/*.md", "examples/roles/*/*.md", "changelog/unreleased/*.md"} {
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
	for _, name := range []string{"quickstart", "fleet", "roles/hardened"} {
		if _, diags := config.Load(filepath.Join("examples", name), controller.Catalogue()); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
