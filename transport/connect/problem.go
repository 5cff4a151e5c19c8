package connect

import (
	"fmt"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// problem makes a Problem that no argument is to blame for.
func problem(code, summary, detail string, args ...any) *kind.Problem {
	return &kind.Problem{Code: code, Summary: summary, Detail: fmt.Sprintf(detail, args...)}
}

// blame makes a Problem of one argument.
func blame(attr, code, summary, detail string, args ...any) *kind.Problem {
	p := problem(code, summary, detail, args...)
	p.Attr = attr
	return p
}

// saying appends what the host printed last to a sentence, if anything.
func saying(words string) string {
	if words == "" {
		return " It printed nothing."
	}
	return " Its last words: " + words
}
