package mitoplan_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// centralType is a row of the table "The central types".
var centralType = regexp.MustCompile("(?m)^\\| `(\\w+)\\.(\\w+)` \\|")

// Each of the fifteen central types that ARCHITECTURE.md lists says what it is for in
// four to six sentences, and has an example that runs.
func TestCentralTypes(t *testing.T) {
	_, section, _ := strings.Cut(papers(t)["ARCHITECTURE.md"], "\n## The central types\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := centralType.FindAllStringSubmatch(section, -1)
	if len(rows) != 15 {
		t.Errorf("ARCHITECTURE.md lists %d central types", len(rows))
	}
	for _, row := range rows {
		t.Run(row[1]+"."+row[2], func(t *testing.T) {
			comment, examples := centralComment(t, row[1], row[2])
			if n := len(endOfSentence.FindAllString(comment, -1)); n < 4 || n > 6 {
				t.Errorf("its comment has %d sentences:\n%s", n, comment)
			}
			for _, e := range examples {
				if e.Name == row[2] && e.Doc != "" && e.Output != "" {
					return
				}
			}
			t.Errorf("Example%s is missing, says nothing, or has no output", row[2])
		})
	}
}

// endOfSentence is where a sentence ends.
var endOfSentence = regexp.MustCompile(`[.?!](\s|$)`)

// centralComment returns the comment of a type, and the examples of its package.
func centralComment(t *testing.T, pkg, name string) (comment string, examples []*doc.Example) {
	t.Helper()
	var tests []*ast.File
	for _, dir := range []string{pkg, "internal/" + pkg} {
		paths, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(path, "_test.go") {
				tests = append(tests, file)
				continue
			}
			comment += typeComment(file, name)
		}
	}
	return comment, doc.Examples(tests...)
}

// typeComment returns the comment of a type that a file declares, "" if it does not.
func typeComment(file *ast.File, name string) string {
	for _, decl := range file.Decls {
		decl, ok := decl.(*ast.GenDecl)
		if !ok || decl.Tok != token.TYPE {
			continue
		}
		for _, spec := range decl.Specs {
			if spec := spec.(*ast.TypeSpec); spec.Name.Name == name {
				return decl.Doc.Text() + spec.Doc.Text()
			}
		}
	}
	return ""
}
