package kind_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// The text that is shown for a sensitive value has the rule, and no form of the value.
func TestMasked(t *testing.T) {
	for name, c := range map[string]struct {
		attr, detail  string
		args          []any
		shown, masked string
	}{
		"no value":               {"mode", "Write it in octal.", nil, "Write it in octal.", "Write it in octal."},
		"a value":                {"mode", "%q is no mode.", []any{"9z"}, `"9z" is no mode.`, "(sensitive value) is no mode."},
		"a number":               {"uid", "%d is negative.", []any{-7}, "-7 is negative.", "(sensitive value) is negative."},
		"a number with a width":  {"uid", "%04o is odd.", []any{7}, "0007 is odd.", "(sensitive value) is odd."},
		"a struct":               {"uid", "%+v is odd.", []any{struct{ A int }{7}}, "{A:7} is odd.", "(sensitive value) is odd."},
		"two values":             {"path", "%s and %s differ.", []any{"/a", "/b"}, "/a and /b differ.", "(sensitive value) and (sensitive value) differ."},
		"an error":               {"path", "It cannot be read: %v.", []any{errors.New("open /secret: no")}, "It cannot be read: open /secret: no.", "It cannot be read: (reason not shown)."},
		"a wrapped error":        {"path", "It cannot be read: %v.", []any{fmt.Errorf("x: %w", errors.New("y"))}, "It cannot be read: x: y.", "It cannot be read: (reason not shown)."},
		"a rule":                 {"mode", "%q has %s.", []any{"9z", kind.Rule("a letter")}, `"9z" has a letter.`, "(sensitive value) has a letter."},
		"the argument's name":    {"mode", "%s is %q.", []any{"mode", "9z"}, `mode is "9z".`, "mode is (sensitive value)."},
		"another argument":       {"mode", "%s is set.", []any{"umask"}, "umask is set.", "(sensitive value) is set."},
		"bytes that are no text": {"path", "%s is odd.", []any{"/caf\xe9/\xff\xfe"}, `/caf\xE9/\xFF\xFE is odd.`, "(sensitive value) is odd."},
		"a replacement that is":  {"path", "%s is odd.", []any{"\uFFFD\xe9"}, "\uFFFD\\xE9 is odd.", "(sensitive value) is odd."},
		"a percent sign":         {"path", "%s is odd.", []any{"%d"}, "%d is odd.", "(sensitive value) is odd."},
	} {
		t.Run(name, func(t *testing.T) {
			p := kind.NewProblem(c.attr, "code", "Summary", c.detail, c.args...)
			if p.Attr != c.attr || p.Code != "code" || p.Summary != "Summary" || p.Said != "" {
				t.Errorf("%+v", p)
			}
			if p.Detail != c.shown {
				t.Errorf("shown is\n%s, want\n%s", p.Detail, c.shown)
			}
			if p.Masked != c.masked {
				t.Errorf("masked is\n%s, want\n%s", p.Masked, c.masked)
			}
		})
	}
}

// The error text of a Problem has the argument, the summary and the detail. It never
// has what a program printed, which may be a secret.
func TestProblemIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		p    kind.Problem
		want string
	}{
		"a summary":             {kind.Problem{Summary: "No such user"}, "No such user"},
		"with an argument":      {kind.Problem{Attr: "owner", Summary: "No such user"}, "owner: No such user"},
		"with a detail":         {kind.Problem{Summary: "No such user", Detail: "It is bob."}, "No such user: It is bob."},
		"with all":              {kind.Problem{Code: "c", Attr: "owner", Summary: "No such user", Detail: "It is bob.", Said: "secret", Masked: "m"}, "owner: No such user: It is bob."},
		"what a program said":   {kind.Problem{Summary: "It failed", Said: "secret"}, "It failed"},
		"made of a value":       {*kind.NewProblem("owner", "c", "No such user", "It is %s.", "bob"), "owner: No such user: It is bob."},
		"made without argument": {*kind.NewProblem("", "c", "No such user", "It is %s.", ""), "No such user: It is ."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := error(&c.p).Error(); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

// A Problem crosses the wire unchanged, except for the fields that only the side that
// made it may use: a text that is sensitive here may be harmless there, and the
// reverse.
func TestProblemOnTheWire(t *testing.T) {
	sent := kind.NewProblem("path", "code", "Summary", "%s is odd.", "/caf\xe9")
	sent.Said = "It was said."
	b, err := cbor.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var got kind.Problem
	if err := cbor.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := *sent
	want.Masked = ""
	if got != want {
		t.Errorf("it came as %+v", got)
	}
}

// TestOwnWords: what stands in a format, and each Rule, is mitoplan's own, wherever it goes
// from there. Values, errors and what hosts said are blanks of the same length.
func TestOwnWords(t *testing.T) {
	said := kind.Say(" It said: %s", "password")
	var none kind.Wording
	joined := kind.NewProblem("path", "c", "S", "The path %q is bad.", "password")
	more := *joined
	more.Add("%s Look at %s.", said, kind.Rule("its log"))
	appended := *joined
	appended.Detail += " by hand"
	again := appended
	again.Add(" And more.")
	for name, c := range map[string]struct {
		p           *kind.Problem
		detail, own string
	}{
		"a format":           {joined, `The path "password" is bad.`, `The path ########## is bad.`},
		"words and a rule":   {&more, `The path "password" is bad. It said: password Look at its log.`, `The path ########## is bad. It said: ######## Look at its log.`},
		"by hand":            {&appended, `The path "password" is bad. by hand`, `The path ########## is bad.`},
		"behind that":        {&again, `The path "password" is bad. by hand And more.`, `The path ########## is bad.######## And more.`},
		"numbers and errors": {kind.NewProblem("a", "c", "S", "%04o of %d: %v", 420, -7, errors.New("no")), "0644 of -7: no", "#### of ##:"},
		"no text":            {kind.NewProblem("a", "c", "S", "at %s, %s", "/\xe9", none), `at /\xE9, `, "at #####,"},
		"the argument":       {kind.NewProblem("path", "c", "S", "%s is odd", "path"), "path is odd", "#### is odd"},
		"a percent sign":     {kind.NewProblem("a", "c", "S", "%s is 100%%", "%d"), "%d is 100%", "## is 100%"},
		"a problem in one":   {kind.NewProblem("b", "c", "S", "First: %v. %s", "password", kind.DetailOf(joined)), `First: password. The path "password" is bad.`, `First: ########. The path ########## is bad.`},
		"own that is longer": {kind.NewProblem("b", "c", "S", "%s", kind.WordingOf("x", "xyz")), "x", ""},
		"own that is hidden": {kind.NewProblem("b", "c", "S", "%s!", kind.WordingOf("abc", "a")), "abc!", "a##!"},
	} {
		if want := strings.ReplaceAll(c.own, "#", " "); c.p.Detail != c.detail || strings.TrimRight(want, " ") != c.p.Own {
			t.Errorf("%s: of\n%q own is\n%q, want\n%q with\n%q", name, c.p.Detail, c.p.Own, c.detail, want)
		}
	}
	if want := "The path (sensitive value) is bad. It said: (sensitive value) Look at its log."; more.Masked != want {
		t.Errorf("masked is %q, want %q", more.Masked, want)
	}
}

// TestProblemWithAWayOut holds that a problem advises an argument to those kinds alone that have
// it, and stays on the argument that it was passed on with.
func TestProblemWithAWayOut(t *testing.T) {
	made := func() *kind.Problem {
		return kind.NewProblem("path", kind.CodeBusy, "Mounted", "Unmount it.").With("in_place", kind.NewProblem("path", kind.CodeBusy, "Mounted", "Set in_place."))
	}
	if got := made().Of(kind.Schema{Attrs: []kind.Attr{{Name: "path"}}}); got.Detail != "Unmount it." {
		t.Errorf("a kind without the argument is told %q", got.Detail)
	}
	p := made()
	p.Attr = "link"
	got := p.Of(kind.Schema{Attrs: []kind.Attr{{Name: "in_place"}}})
	if got.Detail != "Set in_place." || got.Attr != "link" || p.Detail != "Unmount it." {
		t.Errorf("a kind with the argument is told %q of %s", got.Detail, got.Attr)
	}
}
