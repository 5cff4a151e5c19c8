package edit

import (
	"errors"
	"regexp"
	"regexp/syntax"

	"github.com/mitoplan/mitoplan/internal/kind"
)

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
