package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/process"
)

// Each option of the library has a row that names the tests by which it counts and by which a
// wrong value is told, or why no value is wrong. A new field or option needs one.
func TestEveryOptionIsTried(t *testing.T) {
	rows := map[string]string{}
	for _, line := range entriesOf(t, "testdata/options.txt") {
		name, held, ok := strings.Cut(line, " = ")
		if !ok || rows[name] != "" {
			t.Errorf("no row, or the second of its name: %s", line)
		}
		rows[name] = held
	}
	for _, name := range libraryOptions(t) {
		held := rows[name]
		delete(rows, name)
		works, wrong, checked := strings.Cut(held, " | ")
		if !checked {
			var why string
			works, why, _ = strings.Cut(held, " - ")
			if len(why) < 10 {
				t.Errorf("%s: nothing says what comes of a wrong value, or why none is wrong", name)
			}
		}
		if works == "" {
			t.Errorf("%s has no row in testdata/options.txt", name)
		}
		for _, test := range append(strings.Fields(works), strings.Fields(wrong)...) {
			assertTestExists(t, test)
		}
	}
	for name := range rows {
		t.Errorf("there is no option %s", name)
	}
}

// libraryOptions are the fields of the structs that hold options, and the functions that
// return one.
func libraryOptions(t *testing.T) (all []string) {
	t.Helper()
	for of, holds := range map[string]any{
		"transport.Options": transport.Options{}, "transport.ServeOptions": transport.ServeOptions{},
		"transport.Bounds": transport.Bounds{}, "transport/process.Spec": process.Spec{},
	} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(holds)) {
			all = append(all, of+"."+f.Name)
		}
	}
	structs := len(all)
	files, err := filepath.Glob("transport/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && returnsOption(f) {
				all = append(all, "transport."+f.Name.Name)
			}
		}
	}
	if structs < 25 || len(all) < structs+12 {
		t.Fatalf("only these were found: %q", all)
	}
	return all
}

// returnsOption reports whether a function makes an option: its only result is one.
func returnsOption(f *ast.FuncDecl) bool {
	if f.Type.Results.NumFields() != 1 {
		return false
	}
	name, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && strings.HasSuffix(name.Name, "Option")
}
