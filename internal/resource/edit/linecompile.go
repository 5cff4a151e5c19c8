package edit

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Args are the arguments of the kind line that say what becomes of a content.
type Args struct {
	Line         *kind.Text `cbor:"line,omitempty"`
	Regexp       *string    `cbor:"regexp,omitempty"`
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
	e := &Lines{absent: a.State == "absent", atBegin: a.InsertBefore != nil && *a.InsertBefore == "BOF"}
	if a.Line != nil {
		e.line = []byte(*a.Line)
		e.template, _ = a.ParseTemplate()
	}
	e.Regexp, _ = CompileLine("regexp", a.Regexp)
	e.after, _ = CompileLine("insert_after", a.InsertAfter)
	e.before, _ = CompileLine("insert_before", a.InsertBefore)
	return e, nil
}

// LacksLine returns the problem of a block that does not say which line it is about.
func (a *Args) LacksLine() *kind.Problem {
	switch {
	case a.Line == nil && a.State != "absent":
		return kind.NewProblem("line", kind.CodeLine, "No line", "line is what should be in the file; set it, or set state to absent and regexp.")
	case a.Line == nil && a.Regexp == nil:
		return kind.NewProblem("line", kind.CodeLine, "No line", "Set line or regexp to say which lines to remove.")
	}
	return nil
}

// ParseTemplate returns the line with its references to groups. It is nil if there are none,
// or if the expression is wrong.
func (a *Args) ParseTemplate() (lineTemplate, *kind.Problem) {
	re, _ := CompileLine("regexp", a.Regexp)
	if !a.Backrefs || a.Line == nil || re == nil {
		return nil, nil
	}
	t, err := parseLineTemplate([]byte(*a.Line), re)
	if err != nil {
		return nil, kind.NewProblem("line", kind.CodeNoGroup, "No such group", "%v. Name one of those that it has, or write $$ for a dollar and \\\\ for a backslash.", err)
	}
	return t, nil
}

// CompileLine compiles the expression of an argument. It returns nil if there is none, and for
// EOF and BOF, where these stand for an end of the file.
func CompileLine(attr string, expr *string) (*regexp.Regexp, *kind.Problem) {
	if expr == nil || attr == "insert_after" && *expr == "EOF" || attr == "insert_before" && *expr == "BOF" {
		return nil, nil
	}
	re, err := regexp.Compile(*expr)
	if err != nil {
		return nil, badExpression(attr, err)
	}
	return re, nil
}

// badExpression says what is wrong with an expression, and where. What the parser
// quotes is a part of the value; the rest repeats none of it.
func badExpression(attr string, err error) *kind.Problem {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return kind.NewProblem(attr, kind.CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %v. Its syntax is that of RE2.", err)
	}
	hint := kind.Rule(expressionHint(bad.Code))
	if bad.Expr == "" {
		return kind.NewProblem(attr, kind.CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %s. %s", kind.Rule(bad.Code.String()), hint)
	}
	return kind.NewProblem(attr, kind.CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %s in `%s`. %s", kind.Rule(bad.Code.String()), bad.Expr, hint)
}

// expressionHint says what to do about an error in an expression.
func expressionHint(code syntax.ErrorCode) string {
	switch code {
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrMissingBracket, syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
		return "A character that stands for itself is written in brackets: [(] is a parenthesis, [*] a star."
	case syntax.ErrTrailingBackslash:
		return "A backslash that stands for itself is doubled."
	case syntax.ErrInvalidPerlOp:
		return "The syntax is that of RE2, which has no look-ahead and no look-behind."
	case syntax.ErrInvalidEscape:
		return "The syntax is that of RE2, which has no references to groups."
	case syntax.ErrInvalidRepeatSize:
		return "RE2 repeats at most 1000 times."
	}
	return "The syntax is that of RE2."
}
