package kind_test

import (
	"errors"
	"fmt"
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
