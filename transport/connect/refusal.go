package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// refusal is what the words of a program mean that refused to run an agent.
// It may be sent to the process that runs the program.
type refusal struct {
	// Says are texts, any of which is in the words of the program.
	Says []string `cbor:"w,omitempty"`
	// Attr is the argument to blame, "" for none.
	Attr    string    `cbor:"a,omitempty"`
	Code    kind.Code `cbor:"c"`
	Summary string    `cbor:"s"`
	Detail  string    `cbor:"d"`
}

// refusals are those of one program. The first that is in its words counts.
type refusals []refusal

// in returns the refusal that a program tells of, nil if it is none of these.
func (all refusals) in(said string) *refusal {
	for i, r := range all {
		if slices.ContainsFunc(r.Says, func(s string) bool { return strings.Contains(said, s) }) {
			return &all[i]
		}
	}
	return nil
}

// problem is what a person is told of the refusal, nil if there is none. doing says what
// was tried, in words of this program and of the configuration, and said is what the program printed.
func (r *refusal) problem(doing, said string) error {
	if r == nil {
		return nil
	}
	return blame(r.Attr, r.Code, r.Summary, "%s%s%s", kind.Rule(doing), kind.Rule(r.Detail), saying(said))
}

// programMissing is the problem of a program that the argument path names.
func programMissing(program string, err error) *kind.Problem {
	return missingFrom("path", setPath, program, err)
}

const setPath = "Install it there, or set path to where it is."

// missingFrom is the problem of a program that an argument names.
func missingFrom(attr, toDo, program string, err error) *kind.Problem {
	return blame(attr, kind.CodeContextProgramMissing, "Program of the context is missing",
		"%s cannot be executed on the machine of the via context: %v. %s", program, err, kind.Rule(toDo))
}
