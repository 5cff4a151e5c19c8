package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

const phasesFile = "transport/phase.go"

// The comment of each phase of transport says what it means.
func TestPhasesHaveDocs(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), phasesFile, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if name := v.Names[0].Name; !strings.HasPrefix(v.Doc.Text(), name+": ") {
				t.Errorf("%s has the comment %q: write what it means", name, v.Doc.Text())
			}
		}
	}
}

// Outside of the list, no phase is a bare text, neither to enter or report one nor
// to compare it.
func TestPhasesAreNoLiterals(t *testing.T) {
	eachFile(t, func(path string, f *ast.File) {
		if path == phasesFile || matchesAny(path, testOnly) || strings.HasPrefix(path, "transport/transporttest/") {
			return // Tests have phases of their own.
		}
		for _, lit := range phaseLiterals(f) {
			t.Errorf("%s writes the phase %s as a text: use a constant of transport", path, lit.Value)
		}
	})
}

func TestPhaseLiteralsAreSeen(t *testing.T) {
	for name, code := range map[string]string{
		"reported":           `e := &CancelledError{Phase: "waiting"}`,
		"entered":            `c.enterPhase("via")`,
		"told":               `start.Phase("dial")`,
		"told to a function": `h.phase("auth")`,
		"compared":           `_ = e.Phase == "image"`,
		"compared, turned":   `_ = "image" != e.Phase`,
		"one of a choice":    `switch e.Phase { case "push": }`,
		"assigned":           `f.Phase = "running"`,
		"named":              `const phase = "still running"`,
		"made":               `_ = transport.Phase("dial")`,
		"returned":           `_ = func() Phase { return "running" }`,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {\n"+code+"\n}", 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := phaseLiterals(f); len(got) != 1 {
				t.Errorf("%d literals are found in %s, want 1", len(got), code)
			}
		})
	}
}

// phaseLiterals returns the texts in a file that stand in the place of a phase.
func phaseLiterals(f *ast.File) (out []*ast.BasicLit) {
	add := func(phase bool, xs ...ast.Expr) {
		for _, x := range xs {
			if lit, ok := x.(*ast.BasicLit); ok && phase && lit.Kind == token.STRING && lit.Value != `""` {
				out = append(out, lit)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			add(isPhase(n.Fun), n.Args...)
		case *ast.KeyValueExpr:
			add(isPhase(n.Key), n.Value)
		case *ast.BinaryExpr:
			compared := n.Op == token.EQL || n.Op == token.NEQ // a phase may be part of a sentence
			add(compared && isPhase(n.X), n.Y)
			add(compared && isPhase(n.Y), n.X)
		case *ast.AssignStmt:
			add(isPhase(n.Lhs[0]), n.Rhs...)
		case *ast.ValueSpec:
			add(isPhase(n.Names[0]) || isPhase(n.Type), n.Values...)
		case *ast.SwitchStmt:
			for _, c := range n.Body.List {
				add(isPhase(n.Tag), c.(*ast.CaseClause).List...)
			}
		case *ast.FuncDecl:
			add(returnsPhase(n.Type), returned(n.Body)...)
		case *ast.FuncLit:
			add(returnsPhase(n.Type), returned(n.Body)...)
		}
		return true
	})
	return out
}

// isPhase reports whether the name of an expression says that it is a phase: Phase,
// e.Phase, enterPhase.
func isPhase(x ast.Expr) bool { return calledLike(x, "phase") }

// calledLike reports whether the last name of an expression ends in a word, in
// upper or lower case.
func calledLike(x ast.Expr, word string) bool {
	name := ""
	switch x := x.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
	}
	return strings.HasSuffix(strings.ToLower(name), word)
}

func returnsPhase(f *ast.FuncType) bool {
	return f.Results != nil && isPhase(f.Results.List[0].Type)
}

// returned lists what a function returns, and what functions inside of it return.
func returned(body *ast.BlockStmt) (out []ast.Expr) {
	ast.Inspect(body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			out = append(out, r.Results...)
		}
		return true
	})
	return out
}
