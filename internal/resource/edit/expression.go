package edit

import (
	"regexp"

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
		return nil, kind.BadExpression(attr, err)
	}
	return re, nil
}
