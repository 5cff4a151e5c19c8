package kind

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is something wrong that a person can act on: a path that is missing, a
// password that is refused. Whoever finds it makes it with NewProblem and returns it
// as an error. It crosses the wire as it is, and the controller shows it on the line
// of the argument that Attr names. What is no use to a person, such as a broken
// connection, is an ordinary error instead. A Problem is not changed once it is made,
// and its Summary holds no value.
type Problem struct {
	// Code tells problems apart in programs and tests, e.g. "sudo_wrong_password".
	Code Code `cbor:"code,omitempty"`
	// Attr is the argument that caused it, or "" for the block as a whole.
	Attr string `cbor:"attr,omitempty"`
	// Summary is short and constant; Detail is sentences with names, the
	// cause and what to do.
	Summary string `cbor:"summary"`
	Detail  string `cbor:"detail,omitempty"`
	// Said is what a program of the host said of it, as a sentence. It stands
	// apart from Detail, since whoever was given a secret may have put any form of
	// it there; the controller decides whether it is shown.
	Said string `cbor:"said,omitempty"`
	// Masked is Detail without the values in it. It is what is shown where a value
	// is sensitive, so that the rule can still be read. It does not cross the wire.
	Masked string `cbor:"-"`
}

// Hidden replaces a value in Masked. hiddenReason replaces an error, which may quote
// one.
const (
	Hidden       = "(sensitive value)"
	hiddenReason = "(reason not shown)"
)

// Rule is an argument of NewProblem that says what is wrong with a value and
// does not repeat any of it, so that Masked keeps it.
type Rule string

// NewProblem makes a Problem of an argument, with a detail as of fmt.Sprintf.
func NewProblem(attr string, code Code, summary, detail string, args ...any) *Problem {
	p := &Problem{Code: code, Attr: attr, Summary: summary, Detail: text(fmt.Sprintf(detail, args...))}
	masked := make([]any, len(args))
	for k, a := range args {
		masked[k] = mask(a, attr)
	}
	p.Masked = text(fmt.Sprintf(detail, masked...))
	return p
}

// text writes bytes that are not UTF-8, which names of files may have, as \xE9:
// a Problem crosses the wire, and only text does.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(r)) {
			fmt.Fprintf(&b, `\x%02X`, s[i])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mask is an argument of a detail without its value. The name of the argument
// that is to blame is no value.
func mask(a any, attr string) any {
	if _, rule := a.(Rule); rule || a == any(attr) {
		return a
	}
	if _, failed := a.(error); failed {
		return hidden(hiddenReason)
	}
	return hidden(Hidden)
}

// hidden is printed as it is, whatever the verb.
type hidden string

// Format implements fmt.Formatter.
func (h hidden) Format(s fmt.State, _ rune) { fmt.Fprint(s, string(h)) }

// Error makes a Problem an error. What a program said is not in it: errors are
// logged, too.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Attr != "" {
		b.WriteString(p.Attr + ": ")
	}
	b.WriteString(p.Summary)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	return b.String()
}
