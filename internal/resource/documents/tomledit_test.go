package documents

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

func setTOML(pointer, value string) edit.ValueArgs { return setIn(tomlFormat{}, pointer, value) }

func goneTOML(pointer string, made int) edit.ValueArgs { return goneIn(tomlFormat{}, pointer, made) }

const sampleTOML = `# settings
title = "a" # as always
dates = [1979-05-27T07:32:00Z, 1979-05-27 07:32:00.5, 1979-05-27, 07:32:00]
n = { hex = 0xDEAD_beef, oct = 0o755, bin = 0b11, inf = -inf, nan = nan, f = 6.626e-34, dot.ted = 1 }
many = [
  1,
  2, # two
]
text = """
one \
   two
"three" \u00e9"""
'quoted key' = 'C:\dir'

[log]   # where it goes
  level = "info"     # as always
  to = ["a", 'b']
  "a.b".c = true
  "a.b".d = '''
  x
'''

[log.file.more]
k = 1

[[host]]
name = "one"
  [host.opts]
  x = 1

[[host]]
name = "two"
`

// TestTOMLEdit holds what becomes of a file, byte by byte: everything but the value stays.
func TestTOMLEdit(t *testing.T) {
	for _, c := range []editCase{
		{"is changed, and the comment stays", setTOML("/log/level", `"debug"`), sampleTOML, `"info" => "debug"`},
		{"is there", setTOML("/log/level", `"info"`), sampleTOML, ""},
		{"is there, with other quotes", setTOML("/log/to", `["a","b"]`), sampleTOML, ""},
		{"is there, in another base", setTOML("/n/hex", `3735928559`), sampleTOML, ""},
		{"is there, of several lines", setTOML("/text", `"one two\n\"three\" é"`), sampleTOML, ""},
		{"is there, as tables in lines", setTOML("/host", `[{"name":"one","opts":{"x":1}},{"name":"two"}]`), sampleTOML, ""},
		{"keeps its single quotes", setTOML("/log/to/1", `"c\\d"`), sampleTOML, `'b' => 'c\d'`},
		{"does not, with one in it", setTOML("/log/to/1", `"c'd"`), sampleTOML, `'b' => "c'd"`},
		{"in a table of a header", setTOML("/log/new", `1`), sampleTOML, "  x\n'''\n =>   x\n'''\nnew = 1\n"},
		{"behind dots", setTOML("/log/a.b/e", `2.5`), sampleTOML, "  x\n'''\n =>   x\n'''\n\"a.b\".e = 2.5\n"},
		{"behind dots in brackets", setTOML("/n/dot/new", `"x"`), sampleTOML, "dot.ted = 1 => dot.ted = 1, dot.new = \"x\""},
		{"in brackets", setTOML("/n/a/b", `[]`), sampleTOML, "dot.ted = 1 => dot.ted = 1, a = { b = [] }"},
		{"at the top", setTOML("/new", `{"a":1.0,"b":[true,"x"]}`), sampleTOML, "'C:\\dir'\n => 'C:\\dir'\nnew = { a = 1.0, b = [true, \"x\"] }\n"},
		{"with a table above it", setTOML("/new/a b/c", `1`), sampleTOML, "name = \"two\"\n => name = \"two\"\n\n[new.\"a b\"]\nc = 1\n"},
		{"in a table that has no header", setTOML("/log/file/k", `1`), sampleTOML, "name = \"two\"\n => name = \"two\"\n\n[log.file]\nk = 1\n"},
		{"in the last table of an array", setTOML("/host/1/opts/y", `1`), sampleTOML, "name = \"two\"\n => name = \"two\"\n\n[host.opts]\ny = 1\n"},
		{"in another table of an array", setTOML("/host/0/more/y", `1`), sampleTOML, "name = \"one\"\n => name = \"one\"\nmore.y = 1\n"},
		{"as deep as those beside it", setTOML("/host/0/opts/y", `1`), sampleTOML, "  x = 1\n =>   x = 1\n  y = 1\n"},
		{"an element", setTOML("/many/1", `3`), sampleTOML, "  2, =>   3,"},
		{"the next element", setTOML("/many/2", `3`), sampleTOML, "# two\n => # two\n  3,\n"},
		{"the next element, on the line", setTOML("/log/to/2", `"c"`), sampleTOML, `'b'] => 'b', "c"]`},
		{"in the place of a date", setTOML("/dates/2", `"x"`), sampleTOML, ` 1979-05-27, 0 =>  "x", 0`},
		{"in the place of nan", setTOML("/n/nan", `1`), sampleTOML, "nan = nan => nan = 1"},
		{"in the place of lines", setTOML("/text", `"x"`), sampleTOML, "\"\"\"\none \\\n   two\n\"three\" \\u00e9\"\"\" => \"x\""},
		{"an integer is no float", setTOML("/n/bin", `3.0`), sampleTOML, "0b11 => 3.0"},
		{"a float is no integer", setTOML("/n/f", `0`), sampleTOML, "6.626e-34 => 0"},
		{"goes with its line", goneTOML("/log/level", 0), sampleTOML, "  level = \"info\"     # as always\n => "},
		{"goes with its lines", goneTOML("/text", 0), sampleTOML, "text = \"\"\"\none \\\n   two\n\"three\" \\u00e9\"\"\"\n => "},
		{"goes from behind dots", goneTOML("/log/a.b/c", 0), sampleTOML, "  \"a.b\".c = true\n => "},
		{"goes from brackets", goneTOML("/n/hex", 0), sampleTOML, "hex = 0xDEAD_beef,  => "},
		{"goes from brackets, last", goneTOML("/n/dot/ted", 0), sampleTOML, ", dot.ted = 1 => "},
		{"an element goes", goneTOML("/log/to/0", 0), sampleTOML, `"a",  => `},
		{"an element goes with its line", goneTOML("/many/1", 0), sampleTOML, "  2, # two\n => "},
		{"the only key of a table goes", goneTOML("/log/file/more/k", 0), sampleTOML, "k = 1\n => "},
		{"goes with the header that was made", goneTOML("/log/file/more/k", 1), sampleTOML, "\n[log.file.more]\nk = 1\n => "},
		{"is gone", goneTOML("/log/q", 0), sampleTOML, ""},

		{"into an empty file", setTOML("/a", "1"), "", " => a = 1\n"},
		{"into an empty file, with a table", setTOML("/a/b", "1"), "", " => [a]\nb = 1\n"},
		{"before the first header", setTOML("/a", "1"), "# mine\n\n# about b\n[b]\nc=1\n", "# about b => a=1\n\n# about b"},
		{"behind a header", setTOML("/b/d", "1"), "[b] # c", "[b] # c => [b] # c\nd = 1"},
		{"with CRLF", setTOML("/b/d", "1"), "[b]\r\nc = 2\r\n", "c = 2\r\n => c = 2\r\nd = 1\r\n"},
		{"a table with CRLF", setTOML("/a/d", "1"), "[b]\r\nc = 2", "c = 2 => c = 2\r\n\r\n[a]\r\nd = 1\r\n"},
		{"goes with CRLF", goneTOML("/b/c", 0), "[b]\r\nc = 2\r\nd = 1\r\n", "c = 2\r\n => "},
		{"from a file without a last line end", goneTOML("/b", 0), "a = 1\nb = 2", "\nb = 2 => "},
		{"behind a byte order mark", setTOML("/a", "2"), "\ufeffa = 1\n", "1 => 2"},
		{"a key with a slash", setTOML("/a~1b", "1"), "\"a/b\" = 2\n", "2 => 1"},
		{"an empty key", setTOML("//b", "1"), "\"\".b = 2\n", "2 => 1"},
		{"alone in brackets", goneTOML("/a/b", 0), "a = { b = 1 }\n", " b = 1  => "},
		{"into empty brackets", setTOML("/a/b", "1"), "a = {}\n", "{} => { b = 1 }"},
		{"into an empty array", setTOML("/a/0", "1"), "a = []\n", "[] => [1]"},
		{"above a last element without a comma", setTOML("/a/2", "3"), "a = [\n\t1,\n\t2 # two\n]\n", "2 # two => 2, # two\n\t3"},
		{"control characters", setTOML("/a", `"\u0000\u001b\u007f\t\"\\"`), "a = 1\n", `1 => "\u0000\u001b\u007f\t\"\\"`},
		{"quotes at the end of a text in lines", setTOML("/b", "2"), "a = \"\"\"x\"\"\"\"\"\nb = 1\n", "1 => 2"},
		{"an element goes from a line of several", goneTOML("/a/0", 0), "a = [\n \"a\", \"b\",\n \"c\"]\n", `"a",  => `},
		{"an element goes from the line of the bracket", goneTOML("/a/0", 0), "a = [\n 1, ]\n", "1,  => "},
		{"goes with all that was made", goneTOML("/a/b/c", 2), "x = 1\n\n[a.b]\nc = 1\n", "\n[a.b]\nc = 1\n => "},
	} {
		t.Run(c.name, c.run)
	}
}

// numbered are so many lines with keys of their own.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d = 1\n", i)
	}
	return b.String()
}

// TestTOMLRefuses holds that what cannot be told is not touched.
func TestTOMLRefuses(t *testing.T) {
	for name, c := range map[string]editRefusal{
		"no TOML":                  {setTOML("/a", "1"), "a = 1\nb =\n", "line 2"},
		"a key twice":              {setTOML("/a", "1"), "a = 2\na = 3\n", "line 2"},
		"a table twice":            {setTOML("/a/b", "1"), "[a]\n[b]\n[a]\n", "line 3"},
		"dots into another table":  {setTOML("/a/b/c", "1"), "[a.b]\nc = 1\n[a]\nb.d = 1\n", "line 4"},
		"into an inline table":     {setTOML("/a/b", "1"), "a = {b = 1}\n[a.c]\n", "line 2"},
		"a header of what dots do": {setTOML("/a/b/c", "1"), "a.b.c = 1\n[a.b]\n", "line 2"},
		"TOML 1.1":                 {setTOML("/a/b", "1"), "a = {\nb = 1}\n", "line 1"},
		"no UTF-8":                 {setTOML("/a", "1"), "a = \"\xff\"\n", "line 1"},
		"a line end of old":        {setTOML("/a", "1"), "a = 2\rb = 3\n", "TOML 1.0"},
		"an integer of 65 bits":    {setTOML("/b", "1"), "a = 18446744073709551615\nb = 2\n", "TOML 1.0"},
		"a table":                  {setTOML("/a", "1"), "[a]\nb = 1\n", "from line 1 on"},
		"a table by dots":          {setTOML("/a", "1"), "a.b = 1\n", "from line 1 on"},
		"an array of tables":       {setTOML("/a/1", `{"b":1}`), "[[a]]\nb = 1\n", "from line 1 on"},
		"a table goes":             {goneTOML("/a", 0), "[a]\nb = 1\n", "from line 1 on"},
		"through a value":          {setTOML("/a/b", "1"), "a = 2\n", "What /a leads to, in line 1"},
		"behind an array":          {setTOML("/a/2", "1"), "a = [1]\n", "an array of 1"},
		"null":                     {setTOML("/a", `{"b":null}`), "a = 2\n", "no value of TOML"},
		"too large":                {setTOML("/a", "9223372036854775808"), "a = 2\n", "64 bits"},
		"much too large":           {setTOML("/a", "1e999"), "a = 2\n", "64 bits"},
		"long paths":               {setTOML("/a", "1"), "[" + strings.Repeat("a.", 400) + "a]\n" + numbered(10_000), "nested too deep"},
		"a comment in between":     {goneTOML("/a/0", 0), "a = [1 # one\n, 2]\n", "for certain"},
		"too long":                 {setTOML("/a", "1"), strings.Repeat("# x\n", 1<<20), "at most"},
		"too deep":                 {setTOML("/a", "1"), "a = " + strings.Repeat("[", 1<<19) + "\n", "line 1"},
		"too deep by dots":         {setTOML("/a", "1"), strings.Repeat("a.", 1<<18) + "a = 1\n", "line 1"},
	} {
		c.run(t, name, kind.CodeTOML)
	}
}

// FuzzTOMLEdit holds that an edit that is made leads to the value, changes nothing else that a
// decoder reads, and changes nothing the second time.
func FuzzTOMLEdit(f *testing.F) {
	f.Add([]byte(sampleTOML), "/log/level", `{"x":[true]}`)
	f.Add([]byte(sampleTOML), "/host/1/name", `"v"`)
	f.Add([]byte(sampleTOML), "/n/dot/ted", "-1.5e-3")
	f.Add([]byte(sampleTOML), "/many/2", "1")
	f.Add([]byte("a.b.c = 1\n[x]\ny = [[1], [2, 3]]"), "/x/y/1/2", `"a\nb"`)
	f.Add([]byte("[[a]]\n[[a.b]]\nc = {d = 1, e.f = [{}]}\n"), "/a/0/b/0/c/e/f/0/x/y", "[]")
	f.Fuzz(func(t *testing.T, content []byte, pointer, value string) {
		if strings.Contains(pointer, "\x00") {
			return // it stands for a slash below
		}
		for _, a := range []edit.ValueArgs{setTOML(pointer, value), goneTOML(pointer, 1)} {
			given := bytes.Clone(content)
			once, err := a.Apply(content)
			if !bytes.Equal(given, content) {
				t.Fatal("the content that was given is changed")
			}
			if err != nil {
				continue
			}
			form, _, there := a.Find(once)
			if a.State == "" {
				want, _ := nodeOfTree(edit.TreeOf([]byte(value)))
				if !there || form != want.form(true) {
					t.Fatalf("%q became %q, which has %s (%v), want %s", content, once, form, there, want.form(true))
				}
			}
			before, after := topOfTOML(content), topOfTOML(once)
			key, _, _ := strings.Cut(strings.NewReplacer("~1", "\x00", "~0", "~").Replace(pointer[1:]), "/")
			key = strings.ReplaceAll(key, "\x00", "/")
			delete(before, key)
			delete(after, key)
			if formOfModel(before, true) != formOfModel(after, true) {
				t.Fatalf("%q became %q, which has %v, want %v", content, once, after, before)
			}
			if twice, err := a.Apply(once); a.State == "" && (err != nil || !bytes.Equal(once, twice)) {
				t.Fatalf("%q became %q, and then %q (%v)", content, once, twice, err)
			}
		}
	})
}

// topOfTOML are the values of the outermost table as a decoder reads them.
func topOfTOML(content []byte) map[string]any {
	out := map[string]any{}
	_, _ = toml.Decode(string(bytes.TrimPrefix(content, []byte("\ufeff"))), &out)
	return out
}
