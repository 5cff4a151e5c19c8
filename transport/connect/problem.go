package connect

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// problem makes a Problem that no argument is to blame for.
func problem(code kind.Code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem("", code, summary, detail, args...)
}

// blame makes a Problem that one argument is to blame for.
func blame(attr string, code kind.Code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

// saying is a sentence with what the host printed last, "" if it printed
// nothing.
func saying(words string) kind.Wording {
	if words == "" {
		return kind.Wording{}
	}
	return kind.Say(" %s", printed(words))
}

// printed is a sentence with what the program printed last, also if it printed nothing.
func printed(words string) kind.Wording {
	if words == "" {
		return kind.Say("It printed nothing.")
	}
	return kind.Say("Its last words: %s", words)
}

// streamEnded reports whether an error is the end of a byte stream.
func streamEnded(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) || isBrokenPipe(err)
}

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// byHand tells a person how to find out what keeps an agent from starting.
const byHand = "To see why, get there by hand and run sh -c 'echo ok': it has to print ok, and neither a login profile nor a rule of the account may end it before or print something else."

// notUnderstood is the problem of an answer that no script of this program
// gives.
func notUnderstood(answer string) error {
	return problem(kind.CodeAgentAnswer, "The host's answer is not understood",
		"The host said %q instead of what the script that starts the agent answers. %s", clip(answer, 60), kind.Rule(byHand))
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:n], len(s))
}
