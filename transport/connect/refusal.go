package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// refusal is what the words of a program mean that refused to run an agent.
type refusal struct {
	// says are texts, any of which is in the words of the program.
	says []string
	// attr is the argument to blame, "" for none.
	attr            string
	code            kind.Code
	summary, detail string
}

// refusals are those of one program. The first that is in its words counts.
type refusals []refusal

// in returns the refusal that a program tells of, nil if it is none of these.
func (all refusals) in(said string) *refusal {
	for i, r := range all {
		if slices.ContainsFunc(r.says, func(s string) bool { return strings.Contains(said, s) }) {
			return &all[i]
		}
	}
	return nil
}

// problem is what a person is told of the refusal, nil if there is none. doing says what
// was tried, and said is what the program printed.
func (r *refusal) problem(doing, said string) error {
	if r == nil {
		return nil
	}
	return blame(r.attr, r.code, r.summary, "%s%s%s", doing, r.detail, saying(said))
}

// programMissing is the problem of a program that a context kind needs.
func programMissing(program string, err error) *kind.Problem {
	return blame("path", kind.CodeContextProgramMissing, "Program of the context is missing",
		"%s cannot be executed on the machine of the via context: %v. Install it there, or set path to where it is.", program, err)
}
