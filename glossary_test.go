package mitoplan_test

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// wordsOfTypes are words of the glossary in ARCHITECTURE.md that have meant several
// things, and the packages whose types have their one meaning.
var wordsOfTypes = map[string][]string{
	"action":  {"planner", "cmd/mitoplan/view"},
	"outcome": {"internal/state"},
	"hop":     {"planner"},
	"record":  {"planner"},
	"run":     {"transport"},
	"words":   nil, // they are the last words of a process: connect.LastWords
}

// A type that is called by a word of the glossary is what the glossary says.
func TestTypesAreCalledByOneWordForOneIdea(t *testing.T) {
	found := map[string]bool{}
	eachFile(t, func(name string, f *ast.File) {
		for _, typ := range typesOf(f) {
			word := strings.ToLower(typ)
			packages, known := wordsOfTypes[word]
			if known && !slices.Contains(packages, path.Dir(name)) {
				t.Errorf("%s calls a type %s: the glossary in ARCHITECTURE.md has another meaning of that word", name, typ)
			}
			found[word+" of "+path.Dir(name)] = true
		}
	})
	for word, packages := range wordsOfTypes {
		for _, p := range packages {
			if !found[word+" of "+p] {
				t.Errorf("%s has no type that is called %s", p, word)
			}
		}
	}
}

// typesOf lists the types that a file declares.
func typesOf(f *ast.File) (names []string) {
	for _, decl := range f.Decls {
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, spec := range g.Specs {
				names = append(names, spec.(*ast.TypeSpec).Name.Name)
			}
		}
	}
	return names
}
