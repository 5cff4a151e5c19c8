package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Local starts a second agent on the parent's machine, as the same user: this
// process' own program, started again. Nothing is pushed, and no shell runs.
type Local struct {
	Common
}

// Manual has the texts of these arguments.
func (Local) Manual() kind.Manual {
	return kind.Manual{
		Doc:   "A second agent on the machine of its via context, or of the controller, as the same user.",
		Words: "localhost",
	}
}

func localKind() kind.Kind {
	k := Define(func() transport.Connector { return &Local{} })
	k.SameMachine = true
	return k
}

// Kind is "local".
func (Local) Kind() string { return "local" }

// Validate says what is wrong with the arguments. It looks at no host.
func (l Local) Validate() []kind.Problem { return l.Common.Validate() }

// Start runs the own program as an agent.
func (l Local) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	cmd, err := l.command(s)
	if err != nil {
		return nil, err
	}
	words := &LastWords{}
	p, err := startProcess(cmd, words, nil, nil, nil)
	if err != nil {
		return nil, l.notStarted(cmd, err)
	}
	r, err := greet(ctx, p, &Bootstrap{token: s.Token, phase: s.Phase, agentPath: cmd.Path, agents: Self()}, nil)
	if err != nil {
		return nil, err
	}
	return p.link(r), nil
}

// command is the command of the agent.
func (l Local) command(s transport.Start) (*exec.Cmd, error) {
	path := l.AgentPath
	if path == "" {
		var err error
		if path, err = Executable(); err != nil {
			return nil, fmt.Errorf("find own executable: %w", err)
		}
	}
	return &exec.Cmd{
		Path: path,
		Args: []string{s.ProcessName, agentWord, s.Token, s.ProcessName},
		Env:  environment(Environ(), l.Env),
	}, nil
}

// agentWord is the first argument of every agent.
const agentWord = "mitoplan-agent"

// notStarted is the error of an agent that could not be executed.
func (l Local) notStarted(cmd *exec.Cmd, err error) error {
	if l.AgentPath == "" {
		return fmt.Errorf("start own executable: %w", err)
	}
	return blame("agent_path", kind.CodeAgentPathMissing, "No agent at agent_path",
		"%s cannot be executed: %v. Install the agent there, or leave agent_path out.", cmd.Path, errors.Unwrap(err))
}

// greet waits for the agent of a process that was started. If none comes, it
// ends the process. explain, if it is not nil, knows what the messages of the
// program mean.
func greet(ctx context.Context, p *process, b *Bootstrap, explain func(said string) error) (io.Reader, error) {
	stop := context.AfterFunc(ctx, func() { p.close() })
	defer stop()
	_, err := p.stdin.Write(b.Preamble())
	var r io.Reader
	if err == nil {
		r, err = b.Greet(ctx, p.stdout, p.stdin, p.words, func() { p.close() })
	}
	if err == nil && stop() {
		return r, nil
	}
	if err == nil || ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if streamEnded(err) {
		p.ended(ctx)
	}
	exit, known := p.abandon()
	var k *kind.Problem
	if errors.As(err, &k) || errors.Is(err, ErrStale) {
		return nil, err
	}
	if explain != nil {
		if e := explain(p.words.String()); e != nil {
			return nil, e
		}
	}
	if known && streamEnded(err) {
		return nil, Ended(exit, p.words.String())
	}
	return nil, err
}

// streamEnded reports whether an error is the end of a byte stream.
func streamEnded(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || isBrokenPipe(err)
}

// Ended is the problem of a start that ended before an agent ran. Only its last
// words tell why.
func Ended(exit transport.Exit, words string) error {
	said := saying(words)
	if said == "" {
		said = " It printed nothing."
	}
	return problem(kind.CodeAgentNotStarted, "No agent started",
		"The shell that starts the agent ended with %s before one ran. %s%s", exit, why(exit), said)
}

// why is what the exit status of a shell tells, and how to find out more.
func why(exit transport.Exit) string {
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
