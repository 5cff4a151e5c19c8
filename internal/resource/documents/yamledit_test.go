package documents

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

func set(pointer, value string) edit.ValueArgs { return setIn(yamlFormat{}, pointer, value) }

func gone(pointer string, made int) edit.ValueArgs { return goneIn(yamlFormat{}, pointer, made) }

const sample = `# settings
---
log:   # where it goes
    level: info     # as always
    to: [a, "b"]    # both
list:
- one
- k: v
  other: 'it''s'
text: |
  line
    deeper

folded: a text
  on two lines
last: {a: 1, b: {c: [2]}}
`

// TestYAMLEdit holds what becomes of a file, byte by byte: everything but the value stays.
func TestYAMLEdit(t *testing.T) {
	for _, c := range []editCase{
		{"is changed, and the comment stays", set("/log/level", `"debug"`), sample, "info => debug"},
		{"is there, as it is", set("/log/level", `"info"`), sample, ""},
		{"is there, with other quotes", set("/log/to/1", `"b"`), sample, ""},
		{"is there, in another order", set("/last", `{"b":{"c":[2.0]},"a":1}`), sample, ""},
		{"keeps its quotes", set("/log/to/1", `"c"`), sample, `"b" => "c"`},
		{"keeps its single quotes", set("/list/1/other", `"he's"`), sample, "it''s => he''s"},
		{"gets a number", set("/log/level", "3"), sample, "info => 3"},
		{"gets null", set("/log/level", "null"), sample, "info => null"},
		{"yes is a text in quotes", set("/log/level", `"yes"`), sample, `info => "yes"`},
		{"an octal number is a text in quotes", set("/log/level", `"0755"`), sample, `info => "0755"`},
		{"a date is a text in quotes", set("/log/level", `"2024-01-01"`), sample, `info => "2024-01-01"`},
		{"a time is a text in quotes", set("/log/level", `"12:30:00"`), sample, `info => "12:30:00"`},
		{"a colon needs quotes", set("/log/level", `"a: b"`), sample, `info => "a: b"`},
		{"a hash needs quotes", set("/log/level", `"a #b"`), sample, `info => "a #b"`},
		{"an empty text", set("/log/level", `""`), sample, `info => ""`},
		{"a text with a line end", set("/log/level", `"a\nb"`), sample, `info => "a\nb"`},
		{"a text with an emoji", set("/log/level", `"\ud83d\ude00"`), sample, `info => "😀"`},
		{"an exponent that all parsers read", set("/log/level", `1e3`), sample, `info => 1.0e+3`},
		{"a mapping beside a comment", set("/log/level", `{"a":"x","b":[]}`), sample, "info => {a: x, b: []}"},
		{"into brackets", set("/log/to/2", `"c d"`), sample, `"b"] => "b", c d]`},
		{"a comma in brackets", set("/log/to/0", `"c, d"`), sample, `[a => ["c, d"`},
		{"a colon in brackets", set("/log/to/0", `"http://x/"`), sample, `[a => ["http://x/"`},
		{"a question mark in brackets", set("/log/to/0", `"x?y"`), sample, `[a => ["x?y"`},
		{"a key with a colon in brackets", set("/last/x:y", `1`), sample, `[2]}} => [2]}, "x:y": 1}`},
		{"a colon in a text in lines", set("/log/level", `"http://x/?a=b"`), sample, "info => http://x/?a=b"},
		{"further down in brackets", set("/last/b/d/e", `true`), sample, `[2]} => [2], d: {e: true}}`},
		{"an element of a sequence", set("/list/0", `"two"`), sample, "one => two"},
		{"the next element", set("/list/2", `{"a":1,"b":[1,{"c":2}]}`), sample, "it''s'\n => it''s'\n- a: 1\n  b:\n  - 1\n  - c: 2\n"},
		{"a key in an element", set("/list/1/new", `1`), sample, "it''s'\n => it''s'\n  new: 1\n"},
		{"a key behind others", set("/log/size", `10`), sample, "# both\n => # both\n    size: 10\n"},
		{"with what is above it", set("/log/a/b", `["x"]`), sample, "# both\n => # both\n    a:\n        b:\n        - x\n"},
		{"behind the last line", set("/new/a", `1`), sample, "{c: [2]}}\n => {c: [2]}}\nnew:\n    a: 1\n"},
		{"in the place of lines", set("/text", `"t"`), sample, "|\n  line\n    deeper\n => t\n"},
		{"in the place of two lines", set("/folded", `"t"`), sample, "a text\n  on two lines => t"},
		{"in the place of a mapping", set("/log", `"t"`), sample, "log:   # where it goes\n    level: info     # as always\n    to: [a, \"b\"]    # both\n => log: t   # where it goes    # both\n"},
		{"in the place of a sequence", set("/list", `{"a":{"b":1}}`), sample, "\n- one\n- k: v\n  other: 'it''s'\n => \n    a:\n        b: 1\n"},
		{"in the place of an element that is a mapping", set("/list/1", `7`), sample, "k: v\n  other: 'it''s' => 7"},
		{"in the place of brackets", set("/last", `{"a":1}`), sample, " {a: 1, b: {c: [2]}} => \n    a: 1"},
		{"goes with its line", gone("/log/level", 0), sample, "    level: info     # as always\n => "},
		{"goes from the end", gone("/last", 0), sample, "last: {a: 1, b: {c: [2]}}\n => "},
		{"goes from brackets", gone("/last/a", 0), sample, "{a: 1, b: => {b:"},
		{"goes from brackets, last", gone("/last/b", 0), sample, ", b: {c: [2]} => "},
		{"goes alone from brackets", gone("/last/b/c/0", 0), sample, "[2] => []"},
		{"goes from the beginning of an element", gone("/list/1/k", 0), sample, "k: v\n  other => other"},
		{"an element goes", gone("/list/1", 0), sample, "- k: v\n  other: 'it''s'\n => "},
		{"is gone", gone("/log/q", 0), sample, ""},
		{"is gone with what is above it", gone("/q/r", 0), sample, ""},

		{"the last key goes", gone("/a/b", 0), "a: # c\n  b: 1\nc: 2\n", "a: # c\n  b: 1 => a: {} # c"},
		{"the last element goes", gone("/a/0", 0), "a:\n- 1\nc: 2\n", "\n- 1 =>  []"},
		{"goes with what was made", gone("/a/b/c", 1), "a:\n  b:\n    c: 1\nd: 1\n", "\n  b:\n    c: 1 =>  {}"},
		{"goes with all that was made", gone("/a/b/c", 2), "a:\n  b:\n    c: 1\nd: 1\n", "a:\n  b:\n    c: 1\n => "},
		{"goes and something else stays", gone("/a/b/c", 2), "a:\n  e: 1\n  b:\n    c: 1\nd: 1\n", "  b:\n    c: 1\n => "},
		{"the only key goes", gone("/a", 0), "# c\na: 1\n", "a: 1\n => "},
		{"into an empty file", set("/a/b", "[1]"), "", " => a:\n  b:\n    - 1\n"},
		{"into comments", set("/a", "1"), "# c\n", "# c\n => # c\na: 1\n"},
		{"into an empty document", set("/a", "1"), "---\n", "---\n => ---\na: 1\n"},
		{"into an empty mapping", set("/a", "1"), "{}\n", "{} => {a: 1}"},
		{"into a key without a value", set("/a/b", "1"), "a: # c\nd: 1\n", "# c\n => # c\n  b: 1\n"},
		{"into a key without a value, a text", set("/a", `"x"`), "a: # c\nd: 1\n", "a: => a: x"},
		{"into null", set("/a/b", "1"), "a: ~\nd: 1\n", " ~ => \n  b: 1"},
		{"an element without a value", set("/a/1", "1"), "a:\n-\n-\n", "-\n-\n => -\n- 1\n"},
		{"behind a file without a last line end", set("/b", "1"), "a: 1", "a: 1 => a: 1\nb: 1"},
		{"from a file without a last line end", gone("/b", 0), "a: 1\nb: 1", "\nb: 1 => "},
		{"with CRLF", set("/b/c", "1"), "a: 1\r\nb:\r\n  d: 2\r\n", "d: 2\r\n => d: 2\r\n  c: 1\r\n"},
		{"goes with CRLF", gone("/b/c", 0), "b:\r\n  c: 1\r\n  d: 2\r\n", "  c: 1\r\n => "},
		{"behind a byte order mark", set("/b", "1"), "\ufeffa: 1\n", "a: 1\n => a: 1\nb: 1\n"},
		{"a key with dots", set("/a.b/c", "1"), "a.b:\n  c: 2\n", "2 => 1"},
		{"a key with a slash", set("/a~1b", "1"), "a/b: 2\n", "2 => 1"},
		{"a key that needs quotes", set("/a: b", "1"), "c: 2\n", "2\n => 2\n\"a: b\": 1\n"},
		{"keys in quotes bring quotes", set("/b", "1"), "\"a\": 2\n", "2\n => 2\n\"b\": 1\n"},
		{"a number as a key", set("/80", `"x"`), "80: y\n", "y => x"},
		{"é and its columns", set("/é/ü", "1"), "é: {ö: ä, ü: 2}\n", "2 => 1"},
		{"JSON", set("/b", "1"), "{\"a\": 1}\n", "1} => 1, \"b\": 1}"},
		{"a comma behind the last one", set("/a/2", "3"), "a: [\n  1,\n  2,\n]\n", "2, => 2, 3,"},
		{"a sequence in a sequence", set("/a/1/0", "3"), "a:\n  - - 1\n    - 2\n  - - 1\n    - 2\n", "- - 1\n    - 2\n  - - 1 => - - 1\n    - 2\n  - - 3"},
		{"tabs before comments", set("/a", "3"), "a: 1\t# c\n", "1 => 3"},
		{"a block that keeps its lines", set("/b", "1"), "a: |+\n  x\n\n", "x\n\n => x\n\nb: 1\n"},
		{"a document that ends", set("/b", "1"), "a: 1\n...\n", "a: 1\n => a: 1\nb: 1\n"},
		{"beside an anchor", set("/b", "1"), "a: &x {c: 1}\nb: 2\nc: *x\n", "b: 2 => b: 1"},
		{"beside a merge key", set("/b/d", "1"), "a: &x {c: 1}\nb:\n  <<: *x\n  d: 2\n", "d: 2 => d: 1"},
	} {
		t.Run(c.name, c.run)
	}
}

// TestYAMLRefuses holds that what cannot be told is not touched.
func TestYAMLRefuses(t *testing.T) {
	for name, c := range map[string]editRefusal{
		"no YAML":                  {set("/a", "1"), "a: [\n", "line 1"},
		"a tab for a blank":        {set("/a", "1"), "a:\n\tb: 1\n", "line 2"},
		"two documents":            {set("/a", "1"), "a: 1\n---\na: 2\n", "begins in line 2"},
		"through an alias":         {set("/b/c", "1"), "a: &x {c: 2}\nb: *x\n", "line 2, is the alias *x"},
		"through an anchor":        {set("/a/c", "1"), "a: &x {c: 2}\nb: *x\n", "line 1, has the anchor &x"},
		"an alias":                 {set("/b", "1"), "a: &x 2\nb: *x\n", "line 2 is the alias *x"},
		"an anchor":                {set("/a", "1"), "a: &x 2\nb: *x\n", "line 1 has the anchor &x"},
		"an anchor further down":   {gone("/a", 0), "a:\n  c: &x 2\nb: *x\n", "line 2 has the anchor &x"},
		"a merge key":              {set("/b/c", "1"), "a: &x {c: 2}\nb:\n  <<: *x\n", "Line 3 merges"},
		"goes beside a merge key":  {gone("/b/c", 0), "a: &x {c: 2}\nb:\n  <<: *x\n  c: 3\n", "Line 3 merges"},
		"a tag":                    {set("/a", "1"), "a: !ref x\n", "line 1 has the tag !ref"},
		"a key twice":              {set("/a", "1"), "a: 2\na: 3\n", "Lines 1 and 2"},
		"through a value":          {set("/a/b", "1"), "a: 2\n", "What /a leads to, in line 1"},
		"behind a sequence":        {set("/a/2", "1"), "a: [1]\n", "a sequence of 1"},
		"a key of a sequence":      {set("/a/b", "1"), "a: [1]\n", "a sequence of 1"},
		"a key behind a ?":         {set("/a", "1"), "? a\n: 2\n", "for certain"},
		"too long":                 {set("/a", "1"), strings.Repeat("# x\n", 2<<20), "at most"},
		"too deep":                 {set("/a", "1"), strings.Repeat("[", 600) + strings.Repeat("]", 600), "at most 500"},
		"much too deep":            {set("/a", "1"), strings.Repeat("[", 1<<20), "cannot be read"},
		"a comment above the last": {gone("/a/b", 0), "a:\n  # important\n  b: 1\n", "for certain"},
		"one above what was made":  {gone("/a/b", 1), "a:\n  # important\n  b: 1\nc: 2\n", "for certain"},
		"a comment in between":     {gone("/0/a", 0), "- a: 1\n  # about b\n  b: 2\n", "for certain"},
	} {
		c.run(t, name, kind.CodeYAML)
	}
}

// TestAliasBombs: aliases of aliases are never followed.
func TestAliasBombs(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for k := range 30 {
		bomb += strings.NewReplacer("N", strconv.Itoa(k+1), "M", strconv.Itoa(k)).Replace("aN: &aN [*aM, *aM, *aM, *aM]\n")
	}
	a := set("/z", "1")
	out, err := a.Apply([]byte(bomb))
	if err != nil || string(out) != bomb+"z: 1\n" {
		t.Errorf("got %.100q, %v", out, err)
	}
}

// FuzzYAMLEdit holds that an edit that is made leads to the value, changes nothing else that a
// decoder reads, and changes nothing the second time.
func FuzzYAMLEdit(f *testing.F) {
	f.Add([]byte(sample), "/log/level", `{"x":[true,null]}`)
	f.Add([]byte(sample), "/list/1/k", `"v"`)
	f.Add([]byte(sample), "/last/b/c/0", "-1.5e-3")
	f.Add([]byte("a: &x {b: 1}\nc: *x\n'd': |-\n   e\n\n"), "/d", `"a\nb"`)
	f.Add([]byte("- - a\n  - b: c\n    d:\n- e\n"), "/0/1/d/x", "[]")
	f.Fuzz(func(t *testing.T, content []byte, pointer, value string) {
		if strings.Contains(pointer, "\x00") {
			return // it stands for a slash below
		}
		for _, a := range []edit.ValueArgs{set(pointer, value), gone(pointer, 1)} {
			given := bytes.Clone(content)
			once, err := a.Apply(content)
			if !bytes.Equal(given, content) {
				t.Fatal("the content that was given is changed")
			}
			if err != nil {
				continue
			}
			form, _, there := a.Find(once)
			want := canonical(node(edit.TreeOf([]byte(value))))
			if a.State == "" && (!there || form != want) {
				t.Fatalf("%q became %q, which has %s (%v), want %s", content, once, form, there, want)
			}
			before, after := topOf(content), topOf(once)
			key, _, _ := strings.Cut(strings.NewReplacer("~1", "\x00", "~0", "~").Replace(pointer[1:]), "/")
			key = strings.ReplaceAll(key, "\x00", "/")
			delete(before, key)
			delete(after, key)
			if !reflect.DeepEqual(before, after) {
				t.Fatalf("%q became %q, which has %v, want %v", content, once, after, before)
			}
			if twice, err := a.Apply(once); a.State == "" && (err != nil || !bytes.Equal(once, twice)) {
				t.Fatalf("%q became %q, and then %q (%v)", content, once, twice, err)
			}
		}
	})
}

// topOf are the values of the outermost mapping as a decoder reads them.
func topOf(content []byte) map[string]string {
	out := map[string]string{}
	var n yaml.Node
	if yaml.Unmarshal(bytes.TrimPrefix(content, []byte("\ufeff")), &n) != nil || len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
		return out
	}
	for k := 0; k < len(n.Content[0].Content); k += 2 {
		var v any
		_ = n.Content[0].Content[k+1].Decode(&v)
		out[n.Content[0].Content[k].Value] = fmt.Sprintf("%T %#v", v, v)
	}
	return out
}
