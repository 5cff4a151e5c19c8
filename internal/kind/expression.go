package kind

import (
	"errors"
	"regexp/syntax"
)

// BadExpression says what is wrong with an expression, and where. What the parser
// quotes is a part of the value; the rest repeats none of it.
func BadExpression(attr string, err error) *Problem {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return NewProblem(attr, CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %v. Its syntax is that of RE2.", err)
	}
	hint := Rule(expressionHint(bad.Code))
	if bad.Expr == "" {
		return NewProblem(attr, CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %s. %s", Rule(bad.Code.String()), hint)
	}
	return NewProblem(attr, CodeRegexp, "Bad regular expression", "The regular expression cannot be parsed: %s in `%s`. %s", Rule(bad.Code.String()), bad.Expr, hint)
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
