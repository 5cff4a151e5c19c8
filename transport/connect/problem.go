package connect

import (
	"github.com/mitoplan/mitoplan/internal/kind"
)

// problem makes a Problem that no argument is to blame for.
func problem(code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem("", code, summary, detail, args...)
}

// blame makes a Problem of one argument.
func blame(attr, code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

// saying appends what the host printed last to a sentence, if anything.
func saying(words string) string {
	if words == "" {
		return " It printed nothing."
	}
	return " Its last words: " + words
}
