package connect

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestSentencesHaveEveryRefusal holds that Sentences has the texts of each refusal that stands
// anywhere in this package.
func TestSentencesHaveEveryRefusal(t *testing.T) {
	all, found := Sentences(), 0
	for text, at := range textsOfRefusals(t) {
		found++
		if !slices.Contains(all, text) {
			t.Errorf("%s: Sentences lacks %q", at, text)
		}
	}
	if found < 100 {
		t.Errorf("only %d texts were found", found)
	}
}

// textsOfRefusals are the summaries and details of all literals of the type refusal in the
// source of this package, and where they stand.
func textsOfRefusals(t *testing.T) map[string]token.Position {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	// The constants of this package have their values without what it imports.
	conf := types.Config{Importer: noImports{}, Error: func(error) {}}
	conf.Check("connect", set, files, info)
	out := map[string]token.Position{}
	for e, of := range info.Types {
		lit, isLit := e.(*ast.CompositeLit)
		if !isLit || of.Type.String() != "connect.refusal" {
			continue
		}
		for i, value := range lit.Elts {
			field := reflect.TypeFor[refusal]().Field(i).Name
			if pair, keyed := value.(*ast.KeyValueExpr); keyed {
				field, value = pair.Key.(*ast.Ident).Name, pair.Value
			}
			if field != "Summary" && field != "Detail" {
				continue
			}
			switch text := info.Types[value].Value; {
			case text != nil:
				out[constant.StringVal(text)] = set.Position(value.Pos())
			case !isField(value): // which is that of another refusal
				t.Errorf("%s: the text is no constant", set.Position(value.Pos()))
			}
		}
	}
	return out
}

func isField(e ast.Expr) bool {
	_, is := e.(*ast.SelectorExpr)
	return is
}

// noImports has no packages.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }
