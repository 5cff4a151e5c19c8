package resource

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// edit makes an edit from the arguments.
func (l *Line) edit() (*lineEdit, error) {
	if p := l.lacksLine(); p != nil {
		return nil, p
	}
	e := &lineEdit{absent: l.State == "absent", atBegin: l.InsertBefore != nil && *l.InsertBefore == "BOF"}
	if l.Line != nil {
		e.line = []byte(*l.Line)
		e.template, _ = l.template()
	}
	e.regexp, _ = compileLine("regexp", l.Regexp)
	e.after, _ = compileLine("insert_after", l.InsertAfter)
	e.before, _ = compileLine("insert_before", l.InsertBefore)
	return e, nil
}

// lacksLine returns the problem of a block that does not say which line it is about.
func (l *Line) lacksLine() *kind.Problem {
	switch {
	case l.Line == nil && l.State != "absent":
		return kind.NewProblem("line", kind.CodeLine, "No line", "line is what should be in the file; set it, or set state to absent and regexp.")
	case l.Line == nil && l.Regexp == nil:
		return kind.NewProblem("line", kind.CodeLine, "No line", "Set line or regexp to say which lines to remove.")
	}
	return nil
}

// template returns the line with its references to groups. It is nil if there are none,
// or if the expression is wrong.
func (l *Line) template() (lineTemplate, *kind.Problem) {
	re, _ := compileLine("regexp", l.Regexp)
	if !l.Backrefs || l.Line == nil || re == nil {
		return nil, nil
	}
	t, err := parseLineTemplate([]byte(*l.Line), re)
	if err != nil {
		return nil, kind.NewProblem("line", kind.CodeNoGroup, "No such group", "%v. Name one of those that it has, or write $$ for a dollar and \\\\ for a backslash.", err)
	}
	return t, nil
}

func compileLine(attr string, expr *string) (*regexp.Regexp, *kind.Problem) {
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
