package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocComments: the comment of a declaration begins with the name that it
// documents, so that it is never the comment of another one that was moved or
// renamed. Every exported name has a comment.
func TestDocComments(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, decl := range file.Decls {
			for _, d := range documentedIn(decl) {
				if fault := d.fault(); fault != "" {
					t.Errorf("%s: %s %s", set.Position(d.pos), d.name, fault)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 400 {
		t.Errorf("only %d files were read", files)
	}
}

// documented is a declared name with its comment.
type documented struct {
	name string
	doc  string
	pos  token.Pos
	// public is true if a reader of the package's documentation sees the name.
	public bool
	// grouped is true if the name stands in a group, whose comment may be about all.
	grouped bool
}

// fault is what is wrong with the comment of a name; "" if nothing is.
func (d documented) fault() string {
	first, _, _ := strings.Cut(strings.TrimSpace(d.doc), "\n")
	words := strings.Fields(strings.NewReplacer(",", " ", ":", " ", ".", " ").Replace(first))
	for len(words) > 0 && (words[0] == "A" || words[0] == "An" || words[0] == "The") {
		words = words[1:]
	}
	switch {
	case d.doc == "" && d.public && !told[d.name]:
		return "is exported and has no comment"
	case d.doc == "" || d.grouped:
		return ""
	case len(words) > 0 && words[0] != d.name:
		return "has a comment that begins with another name: " + first
	}
	return ""
}

// told are methods that mean the same on every type.
var told = map[string]bool{"Error": true, "Unwrap": true, "String": true}

// documentedIn are the names that one declaration of a package declares.
func documentedIn(decl ast.Decl) (out []documented) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		public := decl.Name.IsExported()
		if decl.Recv != nil {
			public = public && ast.IsExported(receiverOf(decl.Recv.List[0].Type))
		}
		return []documented{{decl.Name.Name, decl.Doc.Text(), decl.Pos(), public, false}}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				out = append(out, documented{spec.Name.Name, decl.Doc.Text() + spec.Doc.Text(), spec.Pos(), spec.Name.IsExported(), len(decl.Specs) > 1})
			case *ast.ValueSpec:
				name := spec.Names[0].Name
				out = append(out, documented{name, decl.Doc.Text() + spec.Doc.Text() + spec.Comment.Text(), spec.Pos(), spec.Names[0].IsExported(), decl.Lparen.IsValid() || len(spec.Names) > 1})
			}
		}
	}
	return out
}
