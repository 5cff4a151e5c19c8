package resource

import (
	"bytes"
	"regexp"
	"testing"
)

func TestLineEdit(t *testing.T) {
	re := regexp.MustCompile
	for _, c := range []struct {
		name     string
		edit     lineEdit
		in, want string
	}{
		{"empty file", lineEdit{line: []byte("a")}, "", "a\n"},
		{"no final newline", lineEdit{line: []byte("b")}, "a", "a\nb\n"},
		{"is last without newline", lineEdit{line: []byte("a")}, "a", "a"},
		{"replaced last keeps its end", lineEdit{line: []byte("ax"), regexp: re("^a")}, "b\na", "b\nax"},
		{"CRLF kept", lineEdit{line: []byte("b")}, "a\r\n", "a\r\nb\r\n"},
		{"CRLF line is found", lineEdit{line: []byte("a")}, "a\r\nb\r\n", "a\r\nb\r\n"},
		{"last of several", lineEdit{line: []byte("k=2"), regexp: re("^k=")}, "k=0\nx\nk=1\ny\n", "k=0\nx\nk=2\ny\n"},
		{"no match adds", lineEdit{line: []byte("k=2"), regexp: re("^k=")}, "x\n", "x\nk=2\n"},
		{"no match but there", lineEdit{line: []byte("b"), regexp: re("^k=")}, "b\nc\n", "b\nc\n"},
		{"dollar", lineEdit{line: []byte("port=$1 # ${who}"), regexp: re(`^p (\d+) (?P<who>\w+)`)}, "p 22 me\n", "port=22 # me\n"},
		{"backslash", lineEdit{line: []byte(`\1!`), regexp: re(`^(a+)!?$`)}, "aa\n", "aa!\n"},
		{"no such group is text", lineEdit{line: []byte("P=$HOME:$9"), regexp: re("^P=")}, "P=\n", "P=$HOME:$9\n"},
		{"references without match", lineEdit{line: []byte("$1x"), regexp: re("^(q)")}, "a\n", "a\n"},
		{"without regexp a dollar is text", lineEdit{line: []byte("$1")}, "", "$1\n"},
		{"after the last match", lineEdit{line: []byte("n"), after: re("^s")}, "s1\ns2\nx\n", "s1\ns2\nn\nx\n"},
		{"after the last line without newline", lineEdit{line: []byte("n"), after: re("^s")}, "x\ns", "x\ns\nn\n"},
		{"before the last match", lineEdit{line: []byte("n"), before: re("^s")}, "s1\ns2\nx\n", "s1\nn\ns2\nx\n"},
		{"nowhere to be after", lineEdit{line: []byte("n"), after: re("^q")}, "a\n", "a\nn\n"},
		{"at the beginning", lineEdit{line: []byte("n"), atBegin: true}, "a\r\n", "n\r\na\r\n"},
		{"all that match go", lineEdit{regexp: re("a"), absent: true}, "a\nb\nca\n", "b\n"},
		{"the line goes each time", lineEdit{line: []byte("a"), absent: true}, "a\nb\na", "b\n"},
		{"not UTF-8", lineEdit{line: []byte{0xff}}, "\xfe\n", "\xfe\n\xff\n"},
		{"an empty line", lineEdit{line: []byte{}}, "a\n", "a\n\n"},
	} {
		if got := c.edit.apply([]byte(c.in)); string(got) != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

// FuzzLineEdit holds that an edit without a regular expression settles at
// once, that lines are put together as they were taken apart, and that no edit
// changes what it was given.
func FuzzLineEdit(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), []byte("b"), "^b", false)
	f.Add([]byte("k=1\n"), []byte("$1"), "(k)=", true)
	f.Add([]byte(""), []byte(""), "", false)
	f.Fuzz(func(t *testing.T, content, line []byte, expr string, absent bool) {
		if got := joinRows(rowsOf(content)); !bytes.Equal(got, content) {
			t.Fatalf("%q became %q", content, got)
		}
		if bytes.ContainsAny(line, "\n\r") {
			return
		}
		given := bytes.Clone(content)
		plain := lineEdit{line: line, absent: absent}
		once := plain.apply(content)
		if twice := plain.apply(once); !bytes.Equal(once, twice) {
			t.Fatalf("%q, then %q, then %q", content, once, twice)
		}
		if re, err := regexp.Compile(expr); err == nil {
			all := lineEdit{line: line, regexp: re, absent: absent}
			all.apply(content)
			for _, r := range rowsOf((&lineEdit{regexp: re, absent: true}).apply(content)) {
				if re.Match(r.text) {
					t.Fatalf("%q still matches %q", r.text, expr)
				}
			}
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit changed what it was given: %q became %q", given, content)
		}
	})
}
