package edit

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestLineEdit(t *testing.T) {
	re := regexp.MustCompile
	for _, c := range []struct {
		name     string
		edit     Lines
		in, want string
	}{
		{"empty file", Lines{line: []byte("a")}, "", "a\n"},
		{"no final newline", Lines{line: []byte("b")}, "a", "a\nb\n"},
		{"is last without newline", Lines{line: []byte("a")}, "a", "a"},
		{"replaced last keeps its end", Lines{line: []byte("ax"), Regexp: re("^a")}, "b\na", "b\nax"},
		{"CRLF kept", Lines{line: []byte("b")}, "a\r\n", "a\r\nb\r\n"},
		{"CRLF line is found", Lines{line: []byte("a")}, "a\r\nb\r\n", "a\r\nb\r\n"},
		{"last of several", Lines{line: []byte("k=2"), Regexp: re("^k=")}, "k=0\nx\nk=1\ny\n", "k=0\nx\nk=2\ny\n"},
		{"no match adds", Lines{line: []byte("k=2"), Regexp: re("^k=")}, "x\n", "x\nk=2\n"},
		{"no match but there", Lines{line: []byte("b"), Regexp: re("^k=")}, "b\nc\n", "b\nc\n"},
		{"a dollar is a dollar", Lines{line: []byte(`cd "$(dirname "$0")" $1 ${1} \1 $$`), Regexp: re("^(cd) ")}, "cd x\n", `cd "$(dirname "$0")" $1 ${1} \1 $$` + "\n"},
		{"and is added where nothing matches", Lines{line: []byte(`cd "$(dirname "$0")"`), Regexp: re("^cd ")}, "a\n", "a\ncd \"$(dirname \"$0\")\"\n"},
		{"the last line matches and has no end", Lines{line: []byte("k=2"), Regexp: re("^k=")}, "a\r\nk=1", "a\r\nk=2"},
		{"a pattern for the end of a CRLF line", Lines{line: []byte("b"), Regexp: re("a$")}, "xa\r\ny\r\n", "b\r\ny\r\n"},
		{"an empty file and regexp", Lines{line: []byte("a"), Regexp: re("^$")}, "", "a\n"},
		{"only a line end", Lines{line: []byte("a"), Regexp: re("^$")}, "\n", "a\n"},
		{"insert_after is a pattern, and line stays as written", Lines{line: []byte(`$1\1`), after: re("^(s)")}, "s\nx\n", "s\n$1\\1\nx\n"},
		{"insert_before is a pattern, and line stays as written", Lines{line: []byte(`$1\1`), before: re("^(s)")}, "x\ns\n", "x\n$1\\1\ns\n"},
		{"insert_after with regexp that matches is not needed", Lines{line: []byte("k=2"), Regexp: re("^k="), after: re("^s")}, "k=1\ns\n", "k=2\ns\n"},
		{"insert_after with regexp that does not match", Lines{line: []byte("k=2"), Regexp: re("^k="), after: re("^s")}, "s\nx\n", "s\nk=2\nx\n"},
		{"after the last match", Lines{line: []byte("n"), after: re("^s")}, "s1\ns2\nx\n", "s1\ns2\nn\nx\n"},
		{"after the last line without newline", Lines{line: []byte("n"), after: re("^s")}, "x\ns", "x\ns\nn\n"},
		{"before the last match", Lines{line: []byte("n"), before: re("^s")}, "s1\ns2\nx\n", "s1\nn\ns2\nx\n"},
		{"nowhere to be after", Lines{line: []byte("n"), after: re("^q")}, "a\n", "a\nn\n"},
		{"at the beginning", Lines{line: []byte("n"), atBegin: true}, "a\r\n", "n\r\na\r\n"},
		{"all that match go", Lines{Regexp: re("a"), absent: true}, "a\nb\nca\n", "b\n"},
		{"the line goes each time", Lines{line: []byte("a"), absent: true}, "a\nb\na", "b\n"},
		{"the first of several", Lines{line: []byte("k=2"), Regexp: re("^k="), match: "first"}, "x\nk=0\nk=1\n", "x\nk=2\nk=1\n"},
		{"all of several", Lines{line: []byte("k=2"), Regexp: re("^k="), match: "all"}, "k=0\r\nx\r\nk=1", "k=2\r\nx\r\nk=2"},
		{"all, and none matches", Lines{line: []byte("k=2"), Regexp: re("^k="), match: "all"}, "x\n", "x\nk=2\n"},
		{"the last by name", Lines{line: []byte("k=2"), Regexp: re("^k="), match: "last"}, "k=0\nk=1\n", "k=0\nk=2\n"},
		{"the only one", Lines{line: []byte("k=2"), Regexp: re("^k="), match: "error"}, "x\nk=1\n", "x\nk=2\n"},
		{"not UTF-8", Lines{line: []byte{0xff}}, "\xfe\n", "\xfe\n\xff\n"},
		{"an empty line", Lines{line: []byte{}}, "a\n", "a\n\n"},
	} {
		if got := c.edit.Apply([]byte(c.in)); string(got) != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

// With match = error several lines are a problem, which names two of them. A text that is
// searched is no expression.
func TestWhichLineIsMeant(t *testing.T) {
	line, dot, expr := kind.Text("a.b=2"), "a.b=", "^a"
	several := Any{Args: Args{Line: &line, Regexp: &expr, Match: "error"}}
	if got, err := several.Apply([]byte("a\nx\na\n")); err == nil || got != nil || !strings.Contains(err.Error(), "Lines 1 and 3 both match") {
		t.Errorf("several lines became %q: %v", got, err)
	}
	several.State = "absent"
	if got, err := several.Apply([]byte("a\nx\na\n")); err != nil || string(got) != "x\n" {
		t.Errorf("several lines that go leave %q: %v", got, err)
	}
	searched := Any{Args: Args{Line: &line, Search: &dot}}
	if got, err := searched.Apply([]byte("  a.b=1\naxb=1\n")); err != nil || string(got) != "a.b=2\naxb=1\n" {
		t.Errorf("by its text a line became %q: %v", got, err)
	}
	if got, err := searched.Apply([]byte("axb=1\n")); err != nil || string(got) != "axb=1\na.b=2\n" {
		t.Errorf("a text that is nowhere gives %q: %v", got, err)
	}
}

// FuzzLineEdit holds that an edit without a regular expression changes nothing the
// second time, that splitting into lines and joining gives the same text, and that
// an edit does not write into its input.
func FuzzLineEdit(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), []byte("b"), "^b", false)
	f.Add([]byte("k=1\n"), []byte("$1"), "(k)=", true)
	f.Add([]byte(""), []byte(""), "", false)
	f.Fuzz(func(t *testing.T, content, line []byte, expr string, absent bool) {
		if got := JoinRows(RowsOf(content)); !bytes.Equal(got, content) {
			t.Fatalf("%q was split and joined to %q", content, got)
		}
		if bytes.ContainsAny(line, "\n\r") {
			return
		}
		given := bytes.Clone(content)
		plain := Lines{line: line, absent: absent}
		once := plain.Apply(content)
		if twice := plain.Apply(once); !bytes.Equal(once, twice) {
			t.Fatalf("the second edit changed the text again: %q, then %q, then %q", content, once, twice)
		}
		if re, err := regexp.Compile(expr); err == nil {
			for _, backrefs := range []bool{false, true} {
				all := Lines{line: line, Regexp: re, absent: absent}
				if backrefs {
					all.template, _ = parseLineTemplate(line, re)
				}
				all.Apply(content)
			}
			for _, r := range RowsOf((&Lines{Regexp: re, absent: true}).Apply(content)) {
				if re.Match(r.Text) {
					t.Fatalf("after the removal the line %q still matches %q", r.Text, expr)
				}
			}
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
	})
}

// TestBackrefs holds which notations of a line refer to a group, and which stand
// for themselves.
func TestBackrefs(t *testing.T) {
	for _, c := range []struct{ name, line, expr, in, want string }{
		{"numbers and names", `port=$1 who=${who}`, `^p (\d+) (?P<who>\w+)`, "p 22 me\n", "port=22 who=me\n"},
		{"as sed and Ansible have it", `\1-\g<2>-\g<who>`, `^(a)(?P<who>b)`, "ab\n", "a-b-b\n"},
		{"all that matched, not the line", `[$0]`, `b+`, "abbc\n", "[bb]\n"},
		{"backslash zero", `<\0>`, `b`, "b\n", "<b>\n"},
		{"digits go on after a dollar", `$10`, `(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)`, "abcdefghij\n", "j\n"},
		{"braces end a number", `${1}0`, `(a)`, "a\n", "a0\n"},
		{"one digit after a backslash", `\10`, `(a)`, "a\n", "a0\n"},
		{"a group that took no part", `[$1]`, `x(a)?`, "x\n", "[]\n"},
		{"escapes", `$$1 $${1} \\1 \\g<1> $1`, `(a)`, "a\n", `$1 ${1} \1 \g<1> a` + "\n"},
		{"two escapes before a group", `$$$1`, `(a)`, "a\n", "$a\n"},
		{"what names nothing is itself", `$HOME ${ $( \n \g< $`, `(a)`, "a\n", `$HOME ${ $( \n \g< $` + "\n"},
		{"what a group holds is not looked at again", `$1`, `^k=(.*)`, "k=$1 \\1 $$\n", "$1 \\1 $$\n"},
		{"no match, no line", `$1x`, `^(q)`, "a\n", "a\n"},
		{"no match, and no reference either", `x`, `^q`, "a\n", "a\n"},
		{"an empty file", `$0`, `^$`, "", ""},
		{"the last of several", `K$1`, `^k(\d)`, "k1\nk2\nx\n", "k1\nK2\nx\n"},
		{"CRLF is no part of it", `$1!`, `^(.*)a$`, "xa\r\n", "x!\r\n"},
		{"no final newline", `$1!`, `^(.*)a$`, "b\nxa", "b\nx!"},
	} {
		re := regexp.MustCompile(c.expr)
		template, err := parseLineTemplate([]byte(c.line), re)
		if err != nil {
			t.Errorf("%s: the line was refused: %v", c.name, err)
			continue
		}
		e := Lines{line: []byte(c.line), Regexp: re, template: template}
		if got := e.Apply([]byte(c.in)); string(got) != c.want {
			t.Errorf("%s: %q became %q, want %q", c.name, c.in, got, c.want)
		}
	}
	for _, line := range []string{"$2", "${2}", `\2`, `\g<2>`, "${no}", `\g<no>`, "$99999999999999999999"} {
		if _, err := parseLineTemplate([]byte(line), regexp.MustCompile("(?P<yes>a)")); err == nil {
			t.Errorf("%s: no error, although the expression has only one group", line)
		}
	}
}
