package connect

import (
	"errors"
	"io"
	"os"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Failure is all that is known of a start that brought up no agent. When a
// program ends, several goroutines see it in any order: a write fails, reading
// ends, the process is waited for, and the time may be over, too. Reason decides
// which of that is told. It goes by what says most, never by what came first:
//
//  1. what the conversation found out: an answer of the host in the words of the
//     bootstrap, or that no image can be had for it;
//  2. what the program's own words mean, if the kind knows them;
//  3. that the time is over, or that nobody wants the context any more;
//  4. how the program ended, with its words;
//  5. the error of reading. That of a write is never told: see PatientWriter.
//
// The phase follows the same rule. It is how far the other side has come, as its
// answers show: Greet is in PhaseBootstrap from its beginning, and every later
// phase is entered by a line of the host.
type Failure struct {
	// Err is how Greet ended.
	Err error
	// Explain says what the words of the program mean, nil if they mean nothing
	// to it; it may be nil itself.
	Explain func(words string) error
	// Cause is why this side ended the stream. It is nil if the other side ended
	// it.
	Cause error
	// Exit is how the program ended by itself. It is nil if it did not, or if
	// this side had to end it.
	Exit *transport.Exit
	// LastWords is what the program printed.
	LastWords string
	// by is the program that runs the shell, if the configuration names it.
	by starter
}

// starter is a program that is to run the shell which starts an agent, and the argument that
// names it. The zero value is that there is none: a login runs the shell, or this process.
type starter struct{ program, attr string }

// Reason is the error of the start.
func (f Failure) Reason() error {
	var found *kind.Problem
	if errors.As(f.Err, &found) || errors.Is(f.Err, ErrStale) {
		return f.Err
	}
	if f.Explain != nil {
		if err := f.Explain(f.LastWords); err != nil {
			return err
		}
	}
	switch {
	case f.Cause != nil:
		return f.Cause
	case f.Exit != nil && streamEnded(f.Err):
		return f.by.failed("ended with "+f.Exit.String(), why(*f.Exit, f.by.byHand()), f.LastWords)
	case streamEnded(f.Err):
		return f.by.failed("closed its output and did not end,", f.by.byHand(), f.LastWords)
	}
	return f.Err
}

// streamEnded reports whether an error is the end of a byte stream.
func streamEnded(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) || isBrokenPipe(err)
}

// failed is the problem of a start that came to no agent: what the program did before one
// ran, and why.
func (by starter) failed(did string, why kind.Rule, words string) error {
	if by.program != "" {
		return blame(by.attr, kind.CodeAgentNotStarted, "No agent started", "%s %s before an agent ran. %s%s", by.program, did, why, printed(words))
	}
	return problem(kind.CodeAgentNotStarted, "No agent started", "The shell that starts the agent %s before one ran. %s%s", did, why, printed(words))
}

// byHand is how a person finds out what keeps an agent from starting.
func (by starter) byHand() kind.Rule {
	if by.program != "" {
		return byHandBehind
	}
	return byHand
}

// byHandBehind is byHand for a program that is to run the shell.
const byHandBehind = "To see why, run it by hand with sh -c 'echo ok' behind its arguments: it has to print ok and nothing else."

// printed is saying, also if the program printed nothing.
func printed(words string) string {
	if words == "" {
		return " It printed nothing."
	}
	return saying(words)
}

// why is what the exit status of a shell tells, and how to find out more.
func why(exit transport.Exit, byHand kind.Rule) kind.Rule {
	switch {
	case exit.Signal == "KILL" || exit.Status == 128+9:
		return "Something killed it, as the kernel does when memory runs out, and says so in its log on the host."
	case exit.Status == 127:
		return "Something that it needs is not there: a host needs sh and gzip in the PATH of the account. " + byHand
	case exit.Status == 126:
		return "Something that it needs may not be executed there. " + byHand
	}
	return byHand
}
