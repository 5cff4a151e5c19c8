package kind_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestUnquoted: of a text of mitoplan, all is its own but for what is in quotes and for paths.
func TestUnquoted(t *testing.T) {
	names := func(word string) bool { return word == "password" }
	for text, want := range map[string]string{
		`The argument "password" of "passwort".`: `The argument "password" of ##########.`,
		"with `password` and `passwort` and `":   "with `password` and ########## and #",
		`a "b\"c" d "e`:                          `a ###### d ##`,
		`the file /etc/x is a "/y"`:              `the file ###### is a ####`,
		`at a/b/c: no, and/or`:                   `at ###### no, ######`,
		"/a\n/b":                                 "##\n##",
		`written \".`:                            `written \##`,
		"":                                       "",
	} {
		w := kind.Unquoted(text, names)
		if got := w.Own(); w.String() != text || got != strings.ReplaceAll(want, "#", " ") {
			t.Errorf("of %q own is %q, want %q", w, got, want)
		}
	}
	if own := kind.Unquoted(`"password"`, nil).Own(); strings.TrimSpace(own) != "" {
		t.Errorf("without names own is %q", own)
	}
}

// FuzzUnquoted: own is a part of the text. What is in quotes is not, nor is what touches a
// slash.
func FuzzUnquoted(f *testing.F) {
	f.Add(`a "b\" c`, "x", ` d" /e "f/`)
	f.Add("a/`b", `"`, "`")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		text := before + after
		own := kind.Unquoted(text, nil).Own()
		if len(own) != len(text) {
			t.Fatalf("of %q own is %q", text, own)
		}
		for i := range len(text) {
			if own[i] != text[i] && own[i] != ' ' || text[i] == '/' && own[i] == '/' || text[i] == '"' && own[i] == '"' {
				t.Fatalf("of %q own is %q", text, own)
			}
		}
		if strings.ContainsAny(value, "\"\\/`") || strings.ContainsAny(before, "\"`") {
			return
		}
		text = before + `"` + value + `"` + after
		if own = kind.Unquoted(text, nil).Own(); strings.TrimSpace(own[len(before):len(before)+len(value)+2]) != "" {
			t.Fatalf("of %q own is %q", text, own)
		}
	})
}

// TestProblemsAsWordings: the text of a problem is own but for the values in its detail.
func TestProblemsAsWordings(t *testing.T) {
	p := kind.NewProblem("path", "c", "Password is wrong", "It is %s.", "password")
	if w := kind.TextOf(p); w.String() != p.Error() || w.Own() != "path: Password is wrong: It is         ." {
		t.Errorf("%q has %q", w, w.Own())
	}
	if w := kind.TextOf(&kind.Problem{Summary: "Odd"}); w.String() != "Odd" || w.Own() != "Odd" {
		t.Errorf("%q has %q", w, w.Own())
	}
}
