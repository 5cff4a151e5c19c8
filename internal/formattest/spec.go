package formattest

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Spec is the specification of a format. Its text is a package comment with one
// table for each type, indented as code is:
//
//	Type
//	name    form   what it is
//	other?  form   what it is; the question mark says that it is left out where
//	               it is empty
//
// The forms are text, bytes, int, number, bool, time, any, the name of another
// table, [form] for a list and {form} for a map with keys of text.
type Spec struct {
	// File is the Go file with the package comment.
	File string
	// Tag is the key of the tags that name the fields: "cbor" or "json".
	Tag string
	// Types are values of the types that are written. Those that their fields
	// are made of follow.
	Types []any
	// Never names fields of types of other formats that are never set here, as
	// "Change.effects". They are not in the tables.
	Never []string
	// Forms are how types are written that say so themselves.
	Forms map[reflect.Type]string
}

// Compare fails the test where a type has another field than its table, in
// another order or form, or a field without a name of its own.
func (s Spec) Compare(t *testing.T) {
	t.Helper()
	documented, err := tables(s.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range s.differences(documented) {
		t.Errorf("%s: %s", s.File, problem)
	}
}

// differences are those of the tables and the types.
func (s Spec) differences(documented map[string][]row) []string {
	w := walk{Spec: s, tables: map[string][]row{}}
	for _, v := range s.Types {
		w.form(reflect.TypeOf(v))
	}
	problems := w.problems
	for _, name := range slices.Sorted(maps.Keys(w.tables)) {
		if documented[name] == nil {
			problems = append(problems, name+" is written and has no table")
			continue
		}
		problems = append(problems, compare(name, documented[name], w.tables[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if w.tables[name] == nil {
			problems = append(problems, name+" has a table and is not written")
		}
	}
	for _, name := range s.Never {
		if !slices.Contains(w.never, name) {
			problems = append(problems, name+" is said to be never set, and there is no such field")
		}
	}
	return problems
}

// compare tells how the table of a type differs from what is written.
func compare(name string, documented, written []row) []string {
	var problems []string
	for _, r := range written {
		if !slices.Contains(documented, r) {
			problems = append(problems, fmt.Sprintf("%s is written with a field that its table has not, or not in this form: %s", name, r))
		}
	}
	for _, r := range documented {
		if !slices.Contains(written, r) {
			problems = append(problems, fmt.Sprintf("%s has a field in its table that is not written, or not in this form: %s", name, r))
		}
	}
	if len(problems) == 0 && !slices.Equal(documented, written) {
		problems = append(problems, name+" has its fields in another order than its table")
	}
	return problems
}

var (
	typeLine  = regexp.MustCompile(`^\t([A-Z][A-Za-z]*)$`)
	fieldLine = regexp.MustCompile(`^\t([a-z][a-z0-9_]*)(\??) +([a-zA-Z\[\]{}]+) +\S`)
)

// tables reads those of a package comment.
func tables(file string) (map[string][]row, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	out := map[string][]row{}
	name := ""
	for line := range strings.Lines(f.Doc.Text()) {
		line = strings.TrimSuffix(line, "\n")
		if m := typeLine.FindStringSubmatch(line); m != nil {
			name = m[1]
			out[name] = []row{}
		}
		if m := fieldLine.FindStringSubmatch(line); m != nil && name != "" {
			out[name] = append(out[name], row{name: m[1], optional: m[2] != "", form: m[3]})
		}
		if !strings.HasPrefix(line, "\t") {
			name = ""
		}
	}
	return out, nil
}

// walk follows the types that are written.
type walk struct {
	Spec
	tables   map[string][]row
	never    []string
	problems []string
}

var formsOfKinds = map[reflect.Kind]string{
	reflect.String: "text", reflect.Bool: "bool", reflect.Interface: "any", reflect.Float64: "number",
	reflect.Int: "int", reflect.Int64: "int", reflect.Uint64: "int", reflect.Uint32: "int",
}

// form is how a value of a type is written. It visits the type's fields, too.
func (w *walk) form(t reflect.Type) string {
	if form, ok := w.Forms[t]; ok {
		return form
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "time"
	case t.Kind() == reflect.Pointer:
		return w.form(t.Elem())
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "bytes"
	case t.Kind() == reflect.Slice:
		return "[" + w.form(t.Elem()) + "]"
	case t.Kind() == reflect.Map:
		return "{" + w.form(t.Elem()) + "}"
	case t.Kind() == reflect.Struct:
		w.fields(t)
		return tableName(t)
	}
	if form := formsOfKinds[t.Kind()]; form != "" {
		return form
	}
	w.problems = append(w.problems, "no specification says how a "+t.String()+" is written")
	return t.String()
}

// tableName is a type's name; one that is not exported has a table, too.
func tableName(t reflect.Type) string { return strings.ToUpper(t.Name()[:1]) + t.Name()[1:] }

var stable = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (w *walk) fields(t reflect.Type) {
	name := tableName(t)
	if _, seen := w.tables[name]; seen {
		return
	}
	w.tables[name] = []row{}
	for f := range fieldsOf(t) {
		tag, options, _ := strings.Cut(f.Tag.Get(w.Tag), ",")
		field := name + "." + tag
		switch {
		case tag == "-":
			continue
		case !stable.MatchString(tag):
			w.problems = append(w.problems, name+"."+f.Name+" has no name of its own in the file: give it a tag "+w.Tag)
		case slices.Contains(w.Never, field):
			w.never = append(w.never, field)
		default:
			r := row{name: tag, form: w.form(f.Type), optional: options != ""}
			w.tables[name] = append(w.tables[name], r)
		}
	}
}

// fieldsOf are the exported fields of a struct.
func fieldsOf(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for k := range t.NumField() {
			if f := t.Field(k); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}
