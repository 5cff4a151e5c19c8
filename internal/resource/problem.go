package resource

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// explain makes an error of the system a Problem with the argument path, if a person
// can act on it. Other errors get the operation and the path.
func explain(what, p string, err error) error {
	var known *kind.Problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	if problem := filesystem.Explain("path", what, p, err); problem != nil {
		return problem
	}
	return fmt.Errorf("%s %s: %w", what, p, err)
}

// failure makes a Problem of an error of the system that explain had no words for,
// with the argument path if the kind has one.
func failure(def kind.Kind, err error) error {
	var known *kind.Problem
	var number syscall.Errno
	if errors.As(err, &known) {
		if of := known.Of(def.Args); of != known {
			return of
		}
		return err
	}
	if !errors.As(err, &number) {
		return err
	}
	attr := ""
	if _, ok := def.Args.Attr("path"); ok {
		attr = "path"
	}
	if filesystem.NotThere(err) {
		return kind.NewProblem(attr, kind.CodeGone, "Something is gone", "What was there a moment ago is not there any more: %v. Another program removed it. Plan again to see what is there now.", err)
	}
	return kind.NewProblem(attr, kind.CodeSystem, "The system gave an error", "%v. The error comes from the file system or the device below it. The log of the kernel, which dmesg prints, may say more.", err)
}

// Excluding is the problem of two arguments that make no sense together. detail
// names both and holds no value.
func Excluding(attr, detail string) []kind.Problem {
	return []kind.Problem{*kind.NewProblem(attr, kind.CodeExcluded, "Arguments that exclude each other", "%s", kind.Rule(detail))}
}

// OfArgument has the problem of a path, if an error is one, be that of the argument that names
// the path.
func OfArgument(arg string, err error) error {
	var why *kind.Problem
	if !errors.As(err, &why) || why.Attr != "path" {
		return err
	}
	of := *why
	of.Attr = arg
	return &of
}

// Further is an error that says more: detail stands behind what a Problem says, formatted as by
// kind.NewProblem.
func Further(err error, detail string, args ...any) error {
	var why *kind.Problem
	if !errors.As(err, &why) {
		return fmt.Errorf("%w. "+detail, append([]any{err}, args...)...)
	}
	more := *why
	more.Add(" "+detail, args...)
	return &more
}

// MissingProgram is the problem that a program is not on the machine.
func MissingProgram(name string) *kind.Problem {
	return kind.NewProblem("", kind.CodeToolMissing, "A program is missing", "%s is not installed on this machine, or not in the PATH of the agent. Install it first.", name)
}

// FirstProblem returns the first problem, leaving out those about an argument whose value
// is not known yet, and those that such an argument may still rule out.
func FirstProblem(h Host, problems []kind.Problem) error {
	for i := range problems {
		if !h.Unknown(problems[i].Attr) && !problems[i].Early(h.Unknown) {
			return &problems[i]
		}
	}
	return nil
}

// CheckState returns the problem of a state that is neither present nor absent.
func CheckState(state string) []kind.Problem {
	if state == "" || state == "present" || state == "absent" {
		return nil
	}
	return []kind.Problem{*kind.NewProblem("state", kind.CodeState, "Unknown state", "state is %q; it can be present or absent.", state)}
}

func textOf(s string) kind.Text { return kind.Text(s) }

// ShellQuote returns a word that a POSIX shell takes for s.
func ShellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
