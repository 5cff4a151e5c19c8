package formattest

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// sample has a field of each form.
type sample struct {
	Name   string            `cbor:"name"`
	Bytes  []byte            `cbor:"bytes,omitempty"`
	Size   int64             `cbor:"size"`
	On     bool              `cbor:"on,omitempty"`
	At     time.Time         `cbor:"at"`
	Any    any               `cbor:"any"`
	List   []string          `cbor:"list"`
	Map    map[string][]byte `cbor:"map"`
	Other  *other            `cbor:"other,omitempty"`
	Others []other           `cbor:"others"`
	Local  string            `cbor:"-"`
	hidden string
}

type other struct {
	Self *other `cbor:"self,omitempty"`
}

var (
	ofSample = []row{
		{"name", "text", false}, {"bytes", "bytes", true}, {"size", "int", false}, {"on", "bool", true}, {"at", "time", false}, {"any", "any", false},
		{"list", "[text]", false}, {"map", "{bytes}", false}, {"other", "Other", true}, {"others", "[Other]", false},
	}
	ofOther = []row{{"self", "Other", true}}
)

// TestSpec: every difference between a table and its type is reported.
func TestSpec(t *testing.T) {
	without := func(rows []row, k int) []row { return slices.Delete(slices.Clone(rows), k, k+1) }
	swapped := slices.Clone(ofSample)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	type bare struct{ Field string }
	type odd struct {
		Field complex128 `cbor:"field"`
	}
	for name, c := range map[string]struct {
		types []any
		never []string
		doc   map[string][]row
		want  []string
	}{
		"as it is":                {[]any{sample{}}, nil, map[string][]row{"Sample": ofSample, "Other": ofOther}, nil},
		"no table":                {[]any{sample{}}, nil, map[string][]row{"Sample": ofSample}, []string{"Other is written and has no table"}},
		"a table of nothing":      {[]any{other{}}, nil, map[string][]row{"Sample": ofSample, "Other": ofOther}, []string{"Sample has a table and is not written"}},
		"a field is missing":      {[]any{sample{}}, nil, map[string][]row{"Sample": without(ofSample, 0), "Other": ofOther}, []string{"Sample is written with a field that its table has not, or not in this form: name text"}},
		"a field of another form": {[]any{other{}}, nil, map[string][]row{"Other": {{"self", "Other", false}}}, []string{"Other is written with a field that its table has not, or not in this form: self? Other", "Other has a field in its table that is not written, or not in this form: self Other"}},
		"another order":           {[]any{sample{}}, nil, map[string][]row{"Sample": swapped, "Other": ofOther}, []string{"Sample has its fields in another order than its table"}},
		"a field of Go's name":    {[]any{bare{}}, nil, map[string][]row{"Bare": {}}, []string{"Bare.Field has no name of its own in the file: give it a tag cbor"}},
		"no such form":            {[]any{odd{}}, nil, map[string][]row{"Odd": {{"field", "complex128", false}}}, []string{"no specification says how a complex128 is written"}},
		"never set":               {[]any{other{}}, []string{"Other.self"}, map[string][]row{"Other": {}}, nil},
		"never set, and not one":  {[]any{other{}}, []string{"Other.me"}, map[string][]row{"Other": ofOther}, []string{"Other.me is said to be never set, and there is no such field"}},
	} {
		s := Spec{Tag: "cbor", Types: c.types, Never: c.never}
		if got := s.differences(c.doc); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestTables: which lines of a package comment are a table, and which are not.
func TestTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.go")
	text := "// Package p.\n//\n//\t1  no table\n//\n//\tSample\n//\tname   text  the name:\n//\t             on two lines\n//\tlist?  [text]  a list\n//\n//\tlost  text  of no table\npackage p\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := tables(path)
	want := map[string][]row{"Sample": {{"name", "text", false}, {"list", "[text]", true}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestFill: every field that is written is set, and no other. A type that contains
// itself is filled once.
func TestFill(t *testing.T) {
	var got sample
	Fill(&got, "cbor")
	want := sample{
		Name: "name", Bytes: []byte("bytes"), Size: 4, On: true, At: filledTime, Any: "value of any", List: []string{"list"},
		Map: map[string][]byte{"key of map": []byte("map")}, Other: &other{Self: &other{}}, Others: []other{{Self: &other{}}},
	}
	if !reflect.DeepEqual(got, want) || got.hidden != "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestGoldenFilesStay: -update writes a file that is missing, and never one that
// exists.
func TestGoldenFilesStay(t *testing.T) {
	defer func(was bool) { *update = was }(*update)
	*update = true
	path := filepath.Join(t.TempDir(), "a", "1.golden")
	for _, made := range []string{"first", "second"} {
		if got := string(Sample(t, path, []byte(made))); got != "first" {
			t.Errorf("the sample holds %q, want first", got)
		}
	}
	if difference("first", "first") != "" || difference("first", "second") == "" {
		t.Error("difference does not report a change")
	}
}

// TestCBOR: each element has its own line, whatever characters are in texts.
func TestCBOR(t *testing.T) {
	raw, err := cbor.Marshal([]any{"a, {b}", []byte("c"), []any{1, true}})
	if err != nil {
		t.Fatal(err)
	}
	want := "[\n  \"a, {b}\",\n  'c',\n  [\n    1,\n    true\n  ]\n]\n"
	if got := CBOR(t, raw); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
