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

// snakeWord matches a span that is one word of several parts, as names of the language are.
var snakeWord = regexp.MustCompile("`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`")

// foreignWords are those in the manual that are other programs' own, by whose they are.
var foreignWords = map[string]string{
	"authorized_keys": "OpenSSH", "sshd_config": "OpenSSH", "ssh_config": "OpenSSH",
}

// Every name of several parts in the manual is one that this program knows: a kind, an
// argument, a result, a code, a key of JSON or a function. One that was planned and never made
// misleads whoever reads it. What docs/go.md says of Mitogen is Mitogen's, and
// TestNamesOfMitogenAreAnswered reads it.
func TestNamedWordsOfTheLanguageExist(t *testing.T) {
	known, found := literalWords(t), 0
	for paper, text := range papers(t) {
		if !strings.HasPrefix(paper, "docs/") || paper == "docs/go.md" || strings.HasPrefix(paper, "docs/kinds/") {
			continue
		}
		for _, m := range snakeWord.FindAllStringSubmatch(text, -1) {
			if found++; !known[m[1]] && foreignWords[m[1]] == "" {
				t.Errorf("%s names %s, which this program does not know", paper, m[1])
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d words were found", found)
	}
}

// literalWords are the words in the texts and tags of this program's sources.
func literalWords(t *testing.T) map[string]bool {
	t.Helper()
	word, known := regexp.MustCompile(`[a-z][a-z0-9]*(?:_[a-z0-9]+)+`), map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				for _, w := range word.FindAllString(lit.Value, -1) {
					known[w] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}
