package edit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestReplace holds what becomes of a text, and that an edit that never ends shows.
func TestReplace(t *testing.T) {
	at := func(s string) *string { return &s }
	for _, c := range []struct {
		name     string
		args     ReplaceArgs
		in, want string
		restless bool
	}{
		{"each match", ReplaceArgs{Regexp: "b+", Replace: "x"}, "abba b\nb", "axa x\nx", false},
		{"nothing matches", ReplaceArgs{Regexp: "q", Replace: "x"}, "ab", "ab", false},
		{"an empty file", ReplaceArgs{Regexp: "q", Replace: "x"}, "", "", false},
		{"with nothing", ReplaceArgs{Regexp: "^#.*\n"}, "a\n# b\nc\n", "a\nc\n", false},
		{"the ends of a line", ReplaceArgs{Regexp: "^a$", Replace: "x"}, "a\nba\na", "x\nba\nx", false},
		{"groups", ReplaceArgs{Regexp: `(?P<k>\w+)=(\d)(q)?`, Replace: `\g<k>:$2[$3]$$`}, "a=1 b=2q", "a:1[]$ b:2[q]$", false},
		{"over lines", ReplaceArgs{Regexp: `(?s)<a>.*?</a>`, Replace: "<b/>"}, "<a>\n1\n</a><a></a>", "<b/><b/>", false},
		{"behind a text", ReplaceArgs{Regexp: "1", Replace: "2", After: at("^b")}, "a1\nb1\nc1\n", "a1\nb2\nc2\n", false},
		{"before a text", ReplaceArgs{Regexp: "1", Replace: "2", Before: at("^b")}, "a1\nb1\nc1\n", "a2\nb1\nc1\n", false},
		{"between texts", ReplaceArgs{Regexp: "1", Replace: "2", After: at(`^\[s\]`), Before: at(`^\[`)}, "1\n[s]\n1\n[t]\n1\n", "1\n[s]\n2\n[t]\n1\n", false},
		{"behind what is not there", ReplaceArgs{Regexp: "1", Replace: "2", After: at("q")}, "1", "1", false},
		{"before what is not there", ReplaceArgs{Regexp: "1", Replace: "2", Before: at("q")}, "1", "1", false},
		{"before what is behind nothing", ReplaceArgs{Regexp: "1", Replace: "2", After: at("b"), Before: at("a")}, "a1b1", "a1b1", false},
		{"EOF is a text", ReplaceArgs{Regexp: "EOF", Replace: "x", After: at("BOF")}, "EOF BOF EOF", "EOF BOF x", false},
		{"CRLF", ReplaceArgs{Regexp: "a\r$", Replace: "b\r"}, "a\r\na\n", "b\r\na\n", false},
		{"what is no text", ReplaceArgs{Regexp: "a", Replace: "b"}, "\xff\x00a", "\xff\x00b", false},
		{"itself", ReplaceArgs{Regexp: "a+", Replace: "a"}, "aaa", "a", false},
		{"grows", ReplaceArgs{Regexp: "a", Replace: "aa"}, "a", "aa", true},
		{"an empty match", ReplaceArgs{Regexp: "x*", Replace: "-"}, "a", "-a-", true},
		{"comments again", ReplaceArgs{Regexp: "(.*k=.*)", Replace: "#$1"}, "k=1\n", "#k=1\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := []byte(c.in)
			once, err := c.args.Apply(given)
			if err != nil || string(once) != c.want {
				t.Fatalf("%q became %q, want %q: %v", c.in, once, c.want, err)
			}
			if twice, err := c.args.Apply(once); err != nil || bytes.Equal(once, twice) == c.restless {
				t.Errorf("the second time it became %q: %v", twice, err)
			}
			if string(given) != c.in {
				t.Errorf("the edit wrote into its input: %q", given)
			}
		})
	}
}

func TestReplaceRefuses(t *testing.T) {
	bad := "("
	for _, c := range []struct {
		name string
		args ReplaceArgs
		in   string
		attr string
		code kind.Code
	}{
		{"a bad expression", ReplaceArgs{Regexp: "("}, "", "regexp", kind.CodeRegexp},
		{"a bad bound", ReplaceArgs{Regexp: "a", After: &bad}, "", "after", kind.CodeRegexp},
		{"the other bad bound", ReplaceArgs{Regexp: "a", Before: &bad}, "", "before", kind.CodeRegexp},
		{"no such group", ReplaceArgs{Regexp: "a", Replace: "$1"}, "", "replace", kind.CodeNoGroup},
		{"more than fits", ReplaceArgs{Regexp: "(?s).*", Replace: kind.Text(strings.Repeat("$0", 20))}, strings.Repeat("a", 1<<20), "replace", kind.CodeTooLong},
	} {
		_, err := c.args.Apply([]byte(c.in))
		if p, ok := err.(*kind.Problem); !ok || p.Attr != c.attr || p.Code != c.code {
			t.Errorf("%s: got %v, want %s on %s", c.name, err, c.code, c.attr)
		}
	}
}

// FuzzReplace holds that what is outside of the bounds stays, and that nothing is lost if each
// match becomes itself.
func FuzzReplace(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), "b", "$0x", "a", "c")
	f.Add([]byte("k=1\n"), "(k)=", "\\1", "", "")
	f.Add([]byte("\xff"), ".*?", "", "^", "$")
	f.Fuzz(func(t *testing.T, content []byte, expr, with, after, before string) {
		given := bytes.Clone(content)
		a := ReplaceArgs{Regexp: expr, Replace: kind.Text(with), After: &after, Before: &before}
		if len(content) > 1<<12 || len(a.Problems()) > 0 {
			return
		}
		from, to := a.bounds(content)
		out, err := a.Apply(content)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(out, content[:from]) || !bytes.HasSuffix(out, content[to:]) {
			t.Fatalf("%q became %q, but only %d to %d should change", content, out, from, to)
		}
		if a.Replace = "$0"; len(a.Problems()) == 0 {
			if out, err := a.Apply(content); err != nil || !bytes.Equal(out, content) {
				t.Fatalf("%q became %q: %v", content, out, err)
			}
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
	})
}
