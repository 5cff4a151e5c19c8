package mitoplan_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

const codesFile = "internal/kind/code.go"

const codesHead = `# Codes of problems

A problem that a program may want to tell from others has a code: ` + "`code`" + ` of a
[diagnostic](json.md#diagnostic-1) in JSON. Codes stay as they are; texts for people may
change. A code that is the name of an argument, such as ` + "`umask`" + `, and is not listed
here, says that this argument has a value that it cannot have.

This page is written from ` + "`" + codesFile + "` by `go test . -run TestCodesManual -update`" + `.
`

// listedCode is one constant of the list.
type listedCode struct{ name, text, doc string }

// codeSection is one group of constants in the list.
type codeSection struct {
	title string
	codes []listedCode
}

// codeList reads the list with its comments.
func codeList(t *testing.T) (sections []codeSection) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), codesFile, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		s := codeSection{title: strings.TrimSuffix(strings.TrimSpace(g.Doc.Text()), ".")}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			s.codes = append(s.codes, listedCode{v.Names[0].Name, text, strings.Join(strings.Fields(v.Doc.Text()), " ")})
		}
		sections = append(sections, s)
	}
	return sections
}

// lastSentence finds the last sentence of a comment, which says what to do.
var lastSentence = regexp.MustCompile(`^(.*[.]) ([A-Z][^.]*(?:\.[^ ][^.]*)*[.])$`)

// The manual of codes says what each code means and what to do, in the order of their texts.
func TestCodesManual(t *testing.T) {
	seen := map[string]bool{}
	var b strings.Builder
	b.WriteString(codesHead)
	for _, s := range codeList(t) {
		b.WriteString("\n## " + s.title + "\n\n| code | what it means | what to do |\n| --- | --- | --- |\n")
		before := ""
		for _, c := range s.codes {
			doc, ok := strings.CutPrefix(c.doc, c.name+": ")
			parts := lastSentence.FindStringSubmatch(doc)
			if !ok || parts == nil {
				t.Errorf("%s has the comment %q: write what it means and, in the last sentence, what to do", c.name, c.doc)
				continue
			}
			if seen[c.text] || !kind.Code(c.text).Valid() {
				t.Errorf("the text of %s, %q, is no code or is the text of another one, too", c.name, c.text)
			}
			if c.text < before {
				t.Errorf("%s stands after %s, and comes before it in the order of their texts", c.name, before)
			}
			seen[c.text], before = true, c.text
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.text, parts[1], parts[2])
		}
	}
	b.WriteString(awayHead)
	for _, s := range codeList(t) {
		for _, c := range s.codes {
			if kind.Code(c.text).Away() {
				fmt.Fprintf(&b, "- `%s`\n", c.text)
			}
		}
	}
	assertPage(t, "docs/codes.md", b.String())
}

const awayHead = `
## What -allow-unreachable forgives

With [` + "`-allow-unreachable`" + `](cli.md#places-that-are-away), problems of contexts with
these codes are warnings. All others stay errors.

`

// Each code of the list is used.
func TestCodesAreUsed(t *testing.T) {
	used := map[string]bool{}
	eachFile(t, func(path string, f *ast.File) {
		if path == codesFile {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	})
	for _, s := range codeList(t) {
		for _, c := range s.codes {
			if !used[c.name] {
				t.Errorf("%s is used nowhere", c.name)
			}
		}
	}
}

// codeParameters finds the functions of this module that take a kind.Code, and
// which argument that is. The key is the name that inScope gives.
func codeParameters(t *testing.T) map[string][]int {
	t.Helper()
	at := map[string][]int{}
	eachFile(t, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			var name string
			var params *ast.FieldList
			switch n := n.(type) {
			case *ast.FuncDecl:
				name, params = n.Name.Name, n.Type.Params
			case *ast.AssignStmt:
				fn, isFunc := n.Rhs[0].(*ast.FuncLit)
				id, isName := n.Lhs[0].(*ast.Ident)
				if !isFunc || !isName {
					return true
				}
				name, params = id.Name, fn.Type.Params
			default:
				return true
			}
			name = inScope(path, name)
			for i, typ := range flat(params) {
				if isCode(typ) && !slices.Contains(at[name], i) {
					at[name] = append(at[name], i)
				}
			}
			return true
		})
	})
	return at
}

// inScope returns the name of a function, with its directory if the function is
// known only there.
func inScope(file, name string) string {
	if ast.IsExported(name) {
		return name
	}
	return path.Dir(file) + "." + name
}

// flat returns the types of parameters, one for each name.
func flat(l *ast.FieldList) (types []ast.Expr) {
	for _, f := range l.List {
		for range max(1, len(f.Names)) {
			types = append(types, f.Type)
		}
	}
	return types
}

func isCode(typ ast.Expr) bool {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ.Name == "Code"
	case *ast.SelectorExpr:
		return typ.Sel.Name == "Code"
	}
	return false
}

// Outside of the list, no code is a bare text, neither to make a problem nor to
// compare one.
func TestCodesAreNoLiterals(t *testing.T) {
	parameters := codeParameters(t)
	texts := map[string]bool{}
	for _, s := range codeList(t) {
		for _, c := range s.codes {
			texts[c.text] = true
		}
	}
	eachFile(t, func(path string, f *ast.File) {
		if path == codesFile || matchesAny(path, testOnly) || strings.HasPrefix(path, "transport/transporttest/") {
			return // Tests make problems of their own.
		}
		for _, lit := range codeLiterals(path, f, parameters) {
			text, err := strconv.Unquote(lit.Value)
			if err != nil || text == "" {
				continue
			}
			t.Errorf("%s writes the code %s as a text (listed: %v): use a constant of kind", path, lit.Value, texts[text])
		}
	})
}

// codeLiterals returns the texts in a file that stand in the place of a code.
func codeLiterals(file string, f *ast.File, parameters map[string][]int) (out []*ast.BasicLit) {
	add := func(x ast.Expr) {
		if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			out = append(out, lit)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, i := range parameters[inScope(file, called(n))] {
				if i < len(n.Args) {
					add(n.Args[i])
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "code") {
				add(n.Value)
			}
		case *ast.BinaryExpr:
			if x, ok := n.X.(*ast.SelectorExpr); ok && strings.EqualFold(x.Sel.Name, "code") {
				add(n.Y)
			}
		}
		return true
	})
	return out
}

// called returns the name of the function or method that is called.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
