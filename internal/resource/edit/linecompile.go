package edit

import (
	"regexp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Args are the arguments of the kind line that say what becomes of a content.
type Args struct {
	Line         *kind.Text `cbor:"line,omitempty"`
	Regexp       *string    `cbor:"regexp,omitempty"`
	Search       *string    `cbor:"search,omitempty"`
	Match        string     `cbor:"match,omitempty"`
	Backrefs     bool       `cbor:"backrefs,omitempty"`
	InsertAfter  *string    `cbor:"after,omitempty"`
	InsertBefore *string    `cbor:"before,omitempty"`
	State        string     `cbor:"state,omitempty"`
}

// Compile makes an edit from the arguments.
func (a *Args) Compile() (*Lines, error) {
	if p := a.LacksLine(); p != nil {
		return nil, p
	}
	e := &Lines{match: a.Match, absent: a.State == "absent", atBegin: a.InsertBefore != nil && *a.InsertBefore == "BOF"}
	if a.Line != nil {
		e.line = []byte(*a.Line)
		e.template, _ = a.ParseTemplate()
	}
	e.Regexp, _ = a.Expression()
	e.after, _ = CompileLine("insert_after", a.InsertAfter)
	e.before, _ = CompileLine("insert_before", a.InsertBefore)
	return e, nil
}

// Finding makes an edit that only finds the lines that are meant. What becomes of them need not
// be known.
func (a *Args) Finding() (*Lines, error) {
	re, bad := a.Expression()
	if bad != nil {
		return nil, bad
	}
	return &Lines{Regexp: re, match: a.Match}, nil
}

// Expression is what finds the lines that are meant: regexp, or one that finds the text of
// search. It is nil if neither is set.
func (a *Args) Expression() (*regexp.Regexp, *kind.Problem) {
	if a.Regexp == nil && a.Search != nil {
		return regexp.MustCompile(regexp.QuoteMeta(*a.Search)), nil
	}
	return CompileLine("regexp", a.Regexp)
}

// LacksLine returns the problem of a block that does not say which line it is about.
func (a *Args) LacksLine() *kind.Problem {
	switch {
	case a.Line == nil && a.State != "absent":
		return kind.NewProblem("line", kind.CodeLine, "No line", "line is what should be in the file; set it, or set state to absent and regexp.")
	case a.Line == nil && a.Regexp == nil && a.Search == nil:
		return kind.NewProblem("line", kind.CodeLine, "No line", "Set line or regexp to say which lines to remove.")
	}
	return nil
}

// ParseTemplate returns the line with its references to groups. It is nil if there are none,
// or if the expression is wrong.
func (a *Args) ParseTemplate() (lineTemplate, *kind.Problem) {
	re, _ := a.Expression()
	if !a.Backrefs || a.Line == nil || re == nil {
		return nil, nil
	}
	t, err := parseLineTemplate([]byte(*a.Line), re)
	if err != nil {
		return nil, kind.NewProblem("line", kind.CodeNoGroup, "No such group", "%v. Name one of those that it has, or write $$ for a dollar and \\\\ for a backslash.", err)
	}
	return t, nil
}
