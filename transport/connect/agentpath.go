package connect

import (
	"errors"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// noAgentAt is the problem of a file at agent_path that cannot be executed. says is what a
// program of the host says of it.
func noAgentAt(path, says string) *kind.Problem {
	why := "Nothing can be executed at %s on the host: %s."
	switch is := func(mode string) bool { return strings.HasPrefix(says, mode+"r") || strings.HasPrefix(says, mode+"-") }; {
	case is("d"):
		why = "What is at %s on the host is a directory, and no program: %s."
	case is("-"):
		why = "The file %s of the host may not be executed by this user: %s."
	}
	return blame("agent_path", kind.CodeAgentPathMissing, "No agent at agent_path", why+" Install the agent there, or leave agent_path out.", path, strings.TrimSuffix(says, "."))
}

// notExecuted is the problem of a file at agent_path that a program such as sudo was to
// execute without a shell, and could not; nil if it says nothing of that.
func notExecuted(path string, said saidWords) error {
	for _, why := range []string{"command not found", "No such file or directory", "Permission denied", "Exec format error"} {
		if strings.Contains(said.heard, path+": "+why) {
			return noAgentAt(path, strings.ReplaceAll(said.shown, "\n", "; "))
		}
	}
	return nil
}

// otherProgram is the error of a start in which what is at agent_path was executed, and was
// no agent. It is err, with which reading ended.
type otherProgram struct {
	path string
	err  error
	// byShell means that a shell has executed it. If not, the program that was to do that may
	// have refused, as sudo does.
	byShell bool
}

func (e *otherProgram) Error() string { return e.path + " is no agent: " + e.err.Error() }
func (e *otherProgram) Unwrap() error { return e.err }

// notAgent is the error of a conversation that came to no agent, with agent_path if it is
// that which ended it.
func (b *Bootstrap) notAgent(err error) error {
	if err == nil || b.agentPath == "" || b.ran == 0 && !b.direct {
		return err
	}
	var found *kind.Problem
	if errors.As(err, &found) && found.Code != kind.CodeAgentNoise || err == errOnTerminal {
		return err
	}
	return &otherProgram{b.agentPath, err, b.ran > 0}
}

// problem says how the program ended that is no agent.
func (e *otherProgram) problem(exit *transport.Exit, words string) error {
	code, did := kind.CodeAgentPathMissing, "closed its output"
	switch {
	case !streamEnded(e.err):
		code, did, words = kind.CodeAgentNoise, "printed more than an agent does before it begins", clip(words, 60)
	case exit != nil:
		did = "ended with " + exit.String()
	}
	return blame("agent_path", code, "No agent at agent_path",
		"%s was executed on the host, %s, and did not become an agent. It is another program, or one that cannot run there. Install the agent there, or leave agent_path out. %s", e.path, did, printed(words))
}
