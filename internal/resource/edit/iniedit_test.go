package edit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func textOf(s string) *kind.Text {
	t := kind.Text(s)
	return &t
}

func section(s string) *string { return &s }

// TestIniEdit holds what becomes of a file, line by line: everything but the key stays.
func TestIniEdit(t *testing.T) {
	set := func(section *string, key, value string) IniArgs {
		return IniArgs{Section: section, Key: key, Value: textOf(value)}
	}
	with := func(a IniArgs, f func(*IniArgs)) IniArgs { f(&a); return a }
	s := section("s")
	for _, c := range []struct {
		name     string
		args     IniArgs
		in, want string
	}{
		{"is changed", set(s, "k", "2"), "[s]\nk = 1\nl = 1\n", "[s]\nk = 2\nl = 1\n"},
		{"is there", set(s, "k", "1"), "[s]\n  k=1  \n", "[s]\n  k=1  \n"},
		{"keeps how its line is written", set(s, "k", "2"), "[s]\n\tk   :  1\n", "[s]\n\tk   :  2\n"},
		{"is of its section", set(s, "k", "2"), "k=1\n[r]\nk=1\n[s]\nk=1\n[t]\nk=1\n", "k=1\n[r]\nk=1\n[s]\nk=2\n[t]\nk=1\n"},
		{"is of no section", set(nil, "k", "2"), "k=1\n[r]\nk=1\n", "k=2\n[r]\nk=1\n"},
		{"is no longer key", set(s, "k", "2"), "[s]\nkk=1\nk k=1\n", "[s]\nkk=1\nk k=1\nk=2\n"},
		{"is told by case", set(s, "k", "2"), "[S]\nk=1\n[s]\nK=1\n", "[S]\nk=1\n[s]\nK=1\nk=2\n"},
		{"is no comment", set(s, "k", "2"), "[s]\n#k=1\n;k=1\n", "[s]\n#k=1\n;k=1\nk = 2\n"},
		{"comes behind its comment", set(s, "k", "2"), "[s]\na = 1\n# k = 1\nb = 1\n", "[s]\na = 1\n# k = 1\nk = 2\nb = 1\n"},
		{"comes behind no comment that speaks of it", set(s, "k", "2"), "[s]\n# k is good\na = 1\n\n# about t\n[t]\n", "[s]\n# k is good\na = 1\nk = 2\n\n# about t\n[t]\n"},
		{"is written as its neighbours", set(s, "k", "2"), "[s]\n\ta      = 1\n", "[s]\n\ta      = 1\n\tk = 2\n"},
		{"is written as the file", set(s, "k", "2"), "[r]\na:1\n", "[r]\na:1\n\n[s]\nk:2\n"},
		{"is written tight", with(set(s, "k", "2"), func(a *IniArgs) { a.NoSpaces = true }), "[s]\na = 1\n", "[s]\na = 1\nk=2\n"},
		{"a colon would be no separator", set(s, "k", "a=b"), "[s]\na:1\n", "[s]\na:1\nk: a=b\n"},
		{"the section is missing", set(s, "k", "2"), "[r]\na = 1\n", "[r]\na = 1\n\n[s]\nk = 2\n"},
		{"the section is missing behind an empty line", set(s, "k", "2"), "[r]\n\n", "[r]\n\n[s]\nk = 2\n"},
		{"the file is empty", set(s, "k", "2"), "", "[s]\nk = 2\n"},
		{"without a section, and the file is empty", set(nil, "k", "2"), "", "k = 2\n"},
		{"without a section, behind the first comment", set(nil, "k", "2"), "# about\n\n# on r\n[r]\n", "# about\n\nk = 2\n# on r\n[r]\n"},
		{"without a section, before the comment on one", set(nil, "k", "2"), "# on r\n[r]\n", "k = 2\n# on r\n[r]\n"},
		{"without a section, in a file of comments", set(nil, "k", "2"), "# on\n", "# on\nk = 2\n"},
		{"an empty section", set(s, "k", "2"), "[s]\n[t]\na=1\n", "[s]\nk=2\n[t]\na=1\n"},
		{"a header with blanks and a comment", set(s, "k", "2"), " [ s ] ; x\n  k = 1\n", " [ s ] ; x\n  k = 2\n"},
		{"brackets in a name", set(section("a]b"), "k", "2"), "[a]b]\nk=1\n", "[a]b]\nk=2\n"},
		{"CRLF and no end", set(s, "k", "2"), "[s]\r\na=1", "[s]\r\na=1\r\nk=2\r\n"},
		{"a byte order mark", set(nil, "k", "2"), "\xef\xbb\xbf[s]\nk=1\n", "\xef\xbb\xbfk=2\n[s]\nk=1\n"},
		{"a byte order mark before the section", set(s, "k", "2"), "\xef\xbb\xbf[s]\nk=1\n", "\xef\xbb\xbf[s]\nk=2\n"},
		{"quotes stay", set(s, "k", "b c"), "[s]\nk = \"a\"\n", "[s]\nk = \"b c\"\n"},
		{"quotes are no difference", set(s, "k", "a"), "[s]\nk = 'a'\n", "[s]\nk = 'a'\n"},
		{"quotes that are given are", set(s, "k", `"a"`), "[s]\nk = a\n", "[s]\nk = \"a\"\n"},
		{"quotes that the value has", set(s, "k", `a"b`), "[s]\nk = \"a\"\n", "[s]\nk = a\"b\n"},
		{"a hash is of the value", set(s, "k", "1"), "[s]\nk = 1 # one\n", "[s]\nk = 1\n"},
		{"a comment behind it stays", with(set(s, "k", "2"), func(a *IniArgs) { a.Comments = true }), "[s]\nk = 1  # one\n", "[s]\nk = 2  # one\n"},
		{"a hash in quotes is none", with(set(s, "k", `"a # b"`), func(a *IniArgs) { a.Comments = true }), "[s]\nk = \"a # b\" ; c\n", "[s]\nk = \"a # b\" ; c\n"},
		{"becomes empty", set(s, "k", ""), "[s]\nk = 1\n", "[s]\nk =\n"},
		{"was empty", set(s, "k", "1"), "[s]\nk =\n", "[s]\nk = 1\n"},
		{"was empty and tight", set(s, "k", "1"), "[s]\nk=\n", "[s]\nk=1\n"},
		{"stands alone", IniArgs{Section: s, Key: "k"}, "[s]\nk = 1\n", "[s]\nk\n"},
		{"stood alone", set(s, "k", "1"), "[s]\nk\n", "[s]\nk = 1\n"},
		{"stands alone already", IniArgs{Section: s, Key: "k"}, "[s]\n k \n", "[s]\n k \n"},
		{"of several the last stays", set(s, "k", "1"), "[s]\nk=1\nx=1\nk=3\n", "[s]\nx=1\nk=1\n"},
		{"several values", IniArgs{Section: s, Key: "k", Values: []kind.Text{"", "a", "b"}}, "[s]\nk=c\nx=1\n", "[s]\nk=\nk=a\nk=b\nx=1\n"},
		{"several values that are there", IniArgs{Section: s, Key: "k", Values: []kind.Text{"a", "b"}}, "[s]\nk = a\nk=b\n", "[s]\nk = a\nk=b\n"},
		{"a value of several lines", set(s, "k", "1"), "[s]\nk =\n  a\n  b\nl = 1\n", "[s]\nk = 1\nl = 1\n"},
		{"a backslash goes on", set(s, "k", "1"), "[s]\nk = a \\\nb\nl = 1\n", "[s]\nk = 1\nl = 1\n"},
		{"comes behind a value of several lines", set(s, "k", "1"), "[s]\nl = a\n  b\n", "[s]\nl = a\n  b\nk = 1\n"},
		{"ends in a backslash", set(s, "k", `C:\`), "[s]\nk = 1\n\nl = 1\n", "[s]\nk = C:\\\n\nl = 1\n"},
		{"comes behind what may be of a value", set(s, "k", "1"), "[s]\n =\n", "[s]\n =\nk = 1\n"},
		{"comes behind an indented line before all sections", set((*string)(nil), "k", "1"), " =\n[s]\n", " =\nk = 1\n[s]\n"},
		{"goes", IniArgs{Section: s, Key: "k", State: "absent"}, "k=0\n[s]\nk=1\n# c\nk\nl=1\n", "k=0\n[s]\n# c\nl=1\n"},
		{"goes with all its lines", IniArgs{Section: s, Key: "k", State: "absent"}, "[s]\nk = a\n  b\nl = 1\n", "[s]\nl = 1\n"},
		{"is gone", IniArgs{Section: s, Key: "k", State: "absent"}, "[r]\nk=1", "[r]\nk=1"},
		{"of the first section", with(set(s, "k", "2"), func(a *IniArgs) { a.Match = "first" }), "[s]\na=1\n[s]\na=1\n", "[s]\na=1\nk=2\n[s]\na=1\n"},
		{"of the last section", with(set(s, "k", "2"), func(a *IniArgs) { a.Match = "last" }), "[s]\na=1\n[s]\na=1\n", "[s]\na=1\n[s]\na=1\nk=2\n"},
		{"of the one that has", with(set(s, "k", "2"), func(a *IniArgs) { a.Has = map[string]kind.Text{"id": "b"} }), "[s]\nid = a\nk = 1\n[s]\nid = b\nk = 1\n", "[s]\nid = a\nk = 1\n[s]\nid = b\nk = 2\n"},
		{"none has", with(set(s, "k", "2"), func(a *IniArgs) { a.Has = map[string]kind.Text{"id": "b", "at": "c"} }), "[s]\nid = a\n", "[s]\nid = a\n\n[s]\nat = c\nid = b\nk = 2\n"},
		{"is gone from all of several", IniArgs{Section: s, Key: "k", State: "absent"}, "[s]\n[s]\n", "[s]\n[s]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			once, err := c.args.Apply([]byte(c.in))
			if err != nil || string(once) != c.want {
				t.Fatalf("%q became %q, want %q: %v", c.in, once, c.want, err)
			}
			if twice, err := c.args.Apply(once); err != nil || !bytes.Equal(once, twice) {
				t.Errorf("the second time it became %q: %v", twice, err)
			}
		})
	}
}

// TestIniRefuses holds that what cannot be told is not touched.
func TestIniRefuses(t *testing.T) {
	v, s := textOf("2"), section("s")
	for _, c := range []struct {
		name, in string
		args     IniArgs
		attr     string
		code     kind.Code
		says     string
	}{
		{"a section that is there twice", "[s]\n[s]\n", IniArgs{Section: s, Key: "k", Value: v}, "section", kind.CodeSeveralLines, "Lines 1 and 2"},
		{"absent of one that is there twice", "[s]\n[s]\nk=1\n", IniArgs{Section: s, Key: "k", State: "absent"}, "section", kind.CodeSeveralLines, "Lines 1 and 2"},
		{"a value that may go on", "[s]\nk = 1\n  l = 2\n", IniArgs{Section: s, Key: "k", Value: v}, "key", kind.CodeIni, "Line 3"},
		{"a key that may go on", "[s]\nk = C:\\\nl = 2\n", IniArgs{Section: s, Key: "k", State: "absent"}, "key", kind.CodeIni, "Line 3"},
		{"a value that would go on", "[s]\nl = 1\nk = 1\nm = 1\n", IniArgs{Section: s, Key: "k", Value: textOf(`C:\`)}, "value", kind.CodeIni, "line 3"},
		{"no name", "", IniArgs{Section: s, Key: "", Value: v}, "key", kind.CodeIni, "name of a key"},
		{"a comment as name", "", IniArgs{Section: s, Key: "#k", Value: v}, "key", kind.CodeIni, "name of a key"},
		{"a header as name", "", IniArgs{Section: s, Key: "[k]", Value: v}, "key", kind.CodeIni, "name of a key"},
		{"two keys in a name", "", IniArgs{Section: s, Key: "a=b", Value: v}, "key", kind.CodeIni, "name of a key"},
		{"a line end in a name", "", IniArgs{Section: s, Key: "a\nb", Value: v}, "key", kind.CodeIni, "name of a key"},
		{"a line end in a section", "", IniArgs{Section: section("a\nb"), Key: "k", Value: v}, "section", kind.CodeIni, "name of a section"},
		{"an empty section", "", IniArgs{Section: section(""), Key: "k", Value: v}, "section", kind.CodeIni, "Leave section out"},
		{"brackets around a section", "", IniArgs{Section: section("a] #"), Key: "k", Value: v}, "section", kind.CodeIni, "brackets"},
		{"a line end in a value", "", IniArgs{Section: s, Key: "k", Value: textOf("a\nb")}, "value", kind.CodeIni, "line end"},
		{"blanks around a value", "", IniArgs{Section: s, Key: "k", Value: textOf(" a")}, "value", kind.CodeIni, "quotes"},
		{"a comment in a value", "", IniArgs{Section: s, Key: "k", Value: textOf("a #b"), Comments: true}, "value", kind.CodeIni, "comment"},
		{"one of several values", "", IniArgs{Section: s, Key: "k", Values: []kind.Text{"a", "b "}}, "values", kind.CodeIni, "quotes"},
		{"the key that tells the section", "", IniArgs{Section: s, Key: "k", Value: v, Has: map[string]kind.Text{"k": "1"}}, "section_has", kind.CodeIni, "another key"},
		{"what tells no section", "", IniArgs{Key: "k", Value: v, Has: map[string]kind.Text{"a": "1"}}, "section_has", kind.CodeIni, "section is not set"},
		{"a choice among no sections", "", IniArgs{Key: "k", Value: v, Match: "last"}, "match", kind.CodeIni, "section is not set"},
		{"a key that tells the section and is none", "", IniArgs{Section: s, Key: "k", Value: v, Has: map[string]kind.Text{"#a": "1"}}, "section_has", kind.CodeIni, "name of a key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.args.Apply([]byte(c.in))
			p, ok := err.(*kind.Problem)
			if !ok || p.Attr != c.attr || p.Code != c.code || !strings.Contains(p.Summary+p.Detail, c.says) {
				t.Errorf("got %#v, want %s on %s that says %q", err, c.code, c.attr, c.says)
			}
		})
	}
}

// FuzzIniEdit holds that an edit changes nothing the second time, that the key has the value then,
// that all other lines are there, and that taking a new key out gives what was there before.
func FuzzIniEdit(f *testing.F) {
	f.Add([]byte("[s]\nk = 1\n  go\n[t]\nk: \"2\"\r\n"), "s", "k", "v", true, false)
	f.Add([]byte("\xef\xbb\xbf# c\n\nk\n[s] ; x\n#k=1"), "", "k", "a b", false, true)
	f.Add([]byte("[s]\nk = a \\\nb\n"), "s", "k", "#", true, true)
	f.Add([]byte("[s]\n ="), "s", "k", "d", true, false)
	f.Add([]byte(":\"\""), "", "k", "\\", false, true)
	f.Add([]byte(" =\n[s]"), "", "k", "d", false, false)
	f.Fuzz(func(t *testing.T, content []byte, name, key, value string, named, comments bool) {
		given, v := bytes.Clone(content), kind.Text(value)
		a := IniArgs{Key: key, Value: &v, Comments: comments}
		if named {
			a.Section = &name
		}
		once, err := a.Apply(content)
		if err != nil {
			return
		}
		if twice, err := a.Apply(once); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("the second edit changed the text again: %q, then %q, then %q: %v", content, once, twice, err)
		}
		e, p := a.Compile()
		if p != nil {
			t.Fatal(p)
		}
		values, there := e.Values(once)
		if in, _ := quoted(values[0]); !there || len(values) != 1 || string(in) != value && string(values[0]) != value {
			t.Fatalf("%q became %q, where the key has %q, want %q", content, once, values, value)
		}
		if _, was := e.Values(content); !was {
			out, _, p := e.Without(once, e.Began(content, once))
			if p != nil || !bytes.Equal(bytes.TrimRight(out, "\r\n"), bytes.TrimRight(content, "\r\n")) {
				t.Fatalf("without the key there is %q, want %q: %v", out, content, p)
			}
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
	})
}
