package connect

import (
	"cmp"
	"errors"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Failure is all that is known of a start that brought up no agent. When a
// program ends, several goroutines see it in any order: a write fails, reading
// ends, the process is waited for, and the time may be over, too. Reason decides
// which of that is told. It goes by what says most, never by what came first:
//
//  1. what the conversation found out: an answer of the host in the words of the
//     bootstrap, that it came through a terminal, or that no image can be had for it;
//  2. what the program's own words mean: that it is one without Main, or what the kind
//     knows of them; but first, that it has run out of something, unless a program such as ssh
//     says so of the way to its host, or that a shell has executed another program at agent_path;
//  3. that the time is over, or that nobody wants the context any more, with its words;
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
	// heard is LastWords before secrets were hidden in it; "" means the same.
	heard string
	// by is the program that runs the shell, if the configuration names it.
	by starter
	// elsewhere means that the program reaches a host first, of which Explain knows.
	elsewhere bool
}

// starter is a program that is to run the shell which starts an agent, and the argument that
// names it. byHand is the line of shell that has it run "echo ok" in its place. Without a
// program, a login runs the shell, or this process.
type starter struct{ program, attr, byHand string }

// Reason is the error of the start.
func (f Failure) Reason() error {
	var found *kind.Problem
	var other *otherProgram
	ofPath := errors.As(f.Err, &other) && f.Cause == nil
	switch {
	case errors.As(f.Err, &found) && !ofPath, errors.Is(f.Err, ErrStale):
		return f.Err
	case errors.Is(f.Err, errOnTerminal):
		return f.by.onTerminal()
	}
	if strings.Contains(cmp.Or(f.heard, f.LastWords), mainFirst) {
		return problem(kind.CodeAgentNoMain, "The program has no Main",
			"It was started again as an agent of its own, and ran its main instead. Call connect.Main with its functions in the first line of main: there it serves, and does not return.")
	}
	if s := shortageIn(cmp.Or(f.heard, f.LastWords)); s != nil {
		if f.elsewhere && f.Explain != nil {
			if err := f.Explain(f.LastWords); err != nil {
				return err
			}
		}
		return s.problem(f.LastWords)
	}
	if ofPath && other.byShell {
		return other.problem(f.Exit, f.LastWords)
	}
	if f.Explain != nil {
		if err := f.Explain(f.LastWords); err != nil {
			return err
		}
	}
	switch {
	case ofPath:
		return other.problem(f.Exit, f.LastWords)
	case f.Cause != nil && f.LastWords != "":
		return &transport.SpokenError{Err: f.Cause, LastWords: f.LastWords}
	case f.Cause != nil:
		return f.Cause
	case f.Exit != nil && streamEnded(f.Err):
		return f.by.failed(kind.Say("ended with %s", f.Exit.String()), why(*f.Exit), f.LastWords)
	case streamEnded(f.Err):
		return f.by.failed(kind.Say("closed its output and did not end,"), "", f.LastWords)
	}
	return f.Err
}

// mainFirst is in what a program says that was started as an agent, did not call Main, and
// starts a context: see package transport.
const mainFirst = "must be the first line of main"

// failed is the problem of a start that came to no agent: what the program did before one
// ran, and why.
func (by starter) failed(did kind.Wording, why kind.Rule, words string) error {
	if by.program == "" {
		return problem(kind.CodeAgentNotStarted, "No agent started", "The shell that starts the agent %s before one ran. %s%s %s", did, why, kind.Rule(byHand), printed(words))
	}
	return blame(by.attr, kind.CodeAgentNotStarted, "No agent started", "%s %s before an agent ran. %sTo see why, run this by hand. It has to print ok, and nothing else.\n  %s\n%s", by.program, did, why, by.byHand, printed(words))
}

// onTerminal is the problem of a program that gives the shell a terminal. Frames are no
// text: the terminal puts a carriage return before each byte of them that is a newline.
func (by starter) onTerminal() error {
	if by.program == "" {
		return problem(kind.CodeAgentTerminal, "A terminal is in the way",
			"What the shell prints passes through a terminal, which changes bytes, and an agent needs all of them as they are. Look whether a command= in authorized_keys, a ForceCommand or the login shell makes one, as script does.")
	}
	return blame(by.attr, kind.CodeAgentTerminal, "A terminal is in the way",
		"%s gives the shell a terminal, which changes bytes, and an agent needs all of them as they are. Leave out the option that asks for one, such as -t or --tty. By hand, it is run so:\n  %s", by.program, by.byHand)
}

// why is what the exit status of a shell tells.
func why(exit transport.Exit) kind.Rule {
	switch {
	case exit.Signal == "KILL" || exit.Status == 128+9:
		return "Something killed it, as the kernel does when memory runs out, and says so in its log on the host. "
	case exit.Status == 127:
		return "Something that it needs is not there: a host needs sh and gzip in the PATH of the account. "
	case exit.Status == 126:
		return "Something that it needs may not be executed there. "
	}
	return ""
}
