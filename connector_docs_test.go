package mitoplan_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/manual"
)

// The fields of the connectors have the texts of the manual as their comments, so that go doc
// shows what docs/kinds.md does. With -update the comments are written.
func TestFieldsOfConnectorsAreDocumented(t *testing.T) {
	contexts, _, _ := kinds()
	texts := map[string]map[string]string{} // of fields, by type and name
	for _, k := range contexts {
		addFieldTexts(texts, reflect.TypeOf(k.New()).Elem(), k.Args)
	}
	if len(texts) < len(contexts)+1 {
		t.Fatalf("there are %d types of connectors for %d kinds", len(texts), len(contexts))
	}
	for _, dir := range []string{"transport/connect", "transport/connect/ssh"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if !strings.HasSuffix(path, "_test.go") {
				holdFieldTexts(t, path, texts)
			}
		}
	}
	for name := range texts {
		t.Errorf("the type %s was not found", name)
	}
}

// addFieldTexts adds the texts of the fields of a struct of arguments, and of those that are
// embedded in it.
func addFieldTexts(texts map[string]map[string]string, of reflect.Type, args kind.Schema) {
	fields := map[string]string{}
	names := map[string]string{} // of fields, by the argument
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			addFieldTexts(texts, f.Type, args)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		names[name] = f.Name
	}
	for _, a := range args.Attrs {
		if field := names[a.Name]; field != "" {
			fields[field] = field + ": " + inWordsOfGo(a.Doc+strings.ReplaceAll(manual.Notes(a), "`", ""), names)
		}
	}
	texts[of.Name()] = fields
}

// argumentName is the name of an argument that is no word of English.
var argumentName = regexp.MustCompile(`(^| )[a-z]+(_[a-z]+)+`)

// inWordsOfGo names other arguments as the fields that they are.
func inWordsOfGo(text string, names map[string]string) string {
	return argumentName.ReplaceAllStringFunc(text, func(found string) string {
		if field := names[strings.TrimPrefix(found, " ")]; field != "" {
			return found[:len(found)-len(strings.TrimPrefix(found, " "))] + field
		}
		return found
	})
}

// holdFieldTexts holds that the types of a file have these texts at their fields. What it finds
// is taken out of texts.
func holdFieldTexts(t *testing.T, path string, texts map[string]map[string]string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	written := 0 // of source
	at := func(p token.Pos) int { return set.Position(p).Offset }
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || texts[spec.Name.Name] == nil {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			if len(f.Names) == 0 {
				continue
			}
			text := texts[spec.Name.Name][f.Names[0].Name]
			if text == "" {
				t.Errorf("%s: %s.%s has no text in the manual", path, spec.Name.Name, f.Names[0].Name)
			}
			begin := at(f.Names[0].Pos())
			if f.Doc != nil {
				want.Write(source[written:at(f.Doc.Pos())])
			} else {
				want.Write(source[written:begin])
			}
			want.WriteString(asComment(text))
			written = begin
		}
		delete(texts, spec.Name.Name)
		return false
	})
	want.Write(source[written:])
	formatted, err := format.Source(want.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	assertPage(t, path, string(formatted))
}

// asComment is a text as a comment of a field, in lines of some 96 characters.
func asComment(text string) string {
	var b strings.Builder
	line := "//"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 93 {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}
