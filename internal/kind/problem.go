package kind

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is something wrong that a person can act on, such as a missing path or a
// refused password. The code that finds it makes it with NewProblem and returns it as
// an error. It crosses the wire unchanged, and the controller shows it at the line of
// the argument that Attr names. An error that does not help a person, such as a broken
// connection, is an ordinary error instead. A Problem is not changed after it was made,
// and its Summary never holds a value.
type Problem struct {
	// Code tells problems apart in programs and tests, e.g. "sudo_wrong_password".
	Code Code `cbor:"code,omitempty"`
	// Attr is the argument that caused it, or "" for the block as a whole.
	Attr string `cbor:"attr,omitempty"`
	// Summary is short and constant; Detail is sentences with names, the
	// cause and what to do.
	Summary string `cbor:"summary"`
	Detail  string `cbor:"detail,omitempty"`
	// Said is what a program of the host printed about it. It is kept apart from
	// Detail, because a program that was given a secret may have printed it in any
	// form. The controller decides whether it is shown.
	Said string `cbor:"said,omitempty"`
	// Own is Detail with blanks in the place of what is not mitoplan's own text: of values,
	// and of what a host said. A secret that is spelt like a word of Own is not hidden
	// there. It may be shorter than Detail. If it does not fit Detail, nothing is own.
	Own string `cbor:"own,omitempty"`
	// Masked is Detail without the values in it. It is shown instead of Detail if a
	// value is sensitive, so that the rule can still be read. It does not cross the
	// wire.
	Masked string `cbor:"-"`
	// lacks are arguments that would make it none if one of them were set, with | between
	// them. It does not cross the wire.
	lacks string
	// with is the problem that it is for kinds that have an argument, a way out. It does not
	// cross the wire.
	with    *Problem
	withArg string
}

// Hidden replaces a value in Masked. hiddenReason replaces an error, because an error
// may quote a value.
const (
	Hidden       = "(sensitive value)"
	hiddenReason = "(reason not shown)"
)

// Rule is an argument of NewProblem that is mitoplan's own text, such as one that says what
// is wrong with a value without repeating any of it. Masked and Own keep it.
type Rule string

// NewProblem makes a Problem of an argument. Its detail is formatted as by Say. Masked also
// keeps the name of the argument that is to blame, because it is not a value.
func NewProblem(attr string, code Code, summary, detail string, args ...any) *Problem {
	p := &Problem{Code: code, Attr: attr, Summary: summary}
	p.Add(detail, args...)
	return p
}

// Add puts more behind the detail, formatted as by NewProblem. Only who makes a Problem may
// call it, before anybody else has it.
func (p *Problem) Add(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // has vet check the format
	}
	w := Wording{p.Detail, p.Own, p.Masked}
	w.add(p.Attr, format, args)
	p.Detail, p.Own, p.Masked = w.text, strings.TrimRight(w.own, " "), w.masked
}

// Unless returns the problem as one that arises only because none of these arguments is set.
// Only who makes a Problem may call it.
func (p *Problem) Unless(arguments ...string) *Problem {
	p.lacks = strings.Join(arguments, "|")
	return p
}

// With returns the problem as one that another stands for if the kind has an argument, which that
// one advises to set. Only who makes a Problem may call it.
func (p *Problem) With(argument string, other *Problem) *Problem {
	p.with, p.withArg = other, argument
	return p
}

// Of is the problem as it is told of a kind with these arguments.
func (p *Problem) Of(s Schema) *Problem {
	if p.with == nil {
		return p
	}
	if _, ok := s.Attr(p.withArg); !ok {
		return p
	}
	of := *p.with
	if of.Attr == "path" {
		of.Attr = p.Attr // as who passed it on has named it
	}
	return &of
}

// Early reports whether it is too early to call it a problem: an argument that would rule it
// out is not known yet.
func (p *Problem) Early(unknown func(argument string) bool) bool {
	for name := range strings.SplitSeq(p.lacks, "|") {
		if name != "" && unknown(name) {
			return true
		}
	}
	return false
}

// text writes bytes that are not UTF-8 as \xE9. Names of files may have such bytes, and
// a Problem crosses the wire, where only text is allowed.
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

// Because is the problem as an error in which errors.Is and errors.As find the error, too,
// that it tells of.
func (p *Problem) Because(err error) error { return &caused{p, err} }

// caused is a problem with the error that it tells of.
type caused struct {
	*Problem
	cause error
}

// Unwrap gives the problem first: it says more.
func (c *caused) Unwrap() []error { return []error{c.Problem, c.cause} }

// Error implements error. It leaves out what a program printed, because errors are
// logged.
func (p *Problem) Error() string {
	text := p.Summary
	if p.Attr != "" {
		text = p.Attr + ": " + text
	}
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}
