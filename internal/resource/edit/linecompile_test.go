package edit

import (
	"strings"
	"testing"
)

// A bad regular expression is told in sentences: what is wrong, in which part of it,
// and what to write. What is secret of it is left out of the masked form.
func TestBadExpressionsAreToldInSentences(t *testing.T) {
	const itself = "A character that stands for itself is written in brackets: [(] is a parenthesis, [*] a star."
	for expr, want := range map[string]string{
		`(foo`:    "missing closing ) in `(foo`. " + itself,
		`foo)`:    "unexpected ) in `foo)`. " + itself,
		`x[a-`:    "missing closing ] in `[a-`. " + itself,
		`*.conf`:  "missing argument to repetition operator in `*`. " + itself,
		`a**`:     "invalid nested repetition operator in `**`. " + itself,
		`a\`:      `trailing backslash at end of expression. A backslash that stands for itself is doubled.`,
		`(?=foo)`: "invalid or unsupported Perl syntax in `(?=`. The syntax is that of RE2, which has no look-ahead and no look-behind.",
		`(a)\1`:   "invalid escape sequence in `\\1`. The syntax is that of RE2, which has no references to groups.",
		`a{2000}`: "invalid repeat count in `{2000}`. RE2 repeats at most 1000 times.",
		`[z-a]`:   "invalid character class range in `z-a`. The syntax is that of RE2.",
	} {
		_, p := CompileLine("regexp", &expr)
		if p == nil {
			t.Errorf("%s is taken", expr)
			continue
		}
		if got, ok := strings.CutPrefix(p.Detail, "The regular expression cannot be parsed: "); !ok || got != want {
			t.Errorf("%s: got  %s\nwant %s", expr, p.Detail, want)
		}
		if want, ok := strings.CutPrefix(p.Masked, "The regular expression cannot be parsed: "); !ok || want != masked(want) {
			t.Errorf("%s: the masked form is %s", expr, p.Masked)
		}
	}
}

// masked is a text with nothing but "(sensitive value)" between backquotes.
func masked(s string) string {
	before, rest, quoted := strings.Cut(s, "`")
	if !quoted {
		return s
	}
	_, after, _ := strings.Cut(rest, "`")
	return before + "`(sensitive value)`" + after
}
