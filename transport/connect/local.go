package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
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
		Doc: "A second agent on the machine of its via context, or of the controller, as the same user.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "hostname" "it" {
  on = context.local.here
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin ansible.builtin.local. It starts a Python for each task; here one agent serves the whole run.",
			Pyinfra: "the connector @local, which runs each command in a shell of its own.",
			Limits:  "It is the user that mitoplan runs as, with what that user may do. For another user put a context sudo, su or doas upon it.",
		},
		OtherNames: "localhost",
		Hints:      map[string]string{"host": elsewhere, "hostname": elsewhere, "address": elsewhere, "port": elsewhere},
	}
}

// elsewhere is what is meant by arguments that a local context does not have.
const elsewhere = `A local context is on the machine that mitoplan, or the context of its via, runs on. Another machine is a context "ssh": context "ssh" "NAME" { host = … }.`

func localKind() kind.Kind {
	k := define(func() transport.Connector { return &Local{} })
	k.SameMachine = true
	return k
}

// Kind is "local".
func (Local) Kind() string { return "local" }

// Validate says what is wrong with the arguments. It looks at no host.
func (l Local) Validate() []kind.Problem {
	return conflict(l.Common.Validate(), len(l.AgentDirs) > 0 && l.AgentPath == "", "agent_dirs", "A local context is the program itself, which is kept nowhere. Leave agent_dirs out.")
}

// Start runs the own program as an agent.
func (l Local) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	cmd, err := l.command(s)
	if err != nil {
		return nil, err
	}
	words := &LastWords{}
	p, err := startProcess(cmd, words, nil)
	if err != nil {
		return nil, l.notStarted(cmd, err)
	}
	p.logStart(s.Log)
	r, err := greet(ctx, p, &Bootstrap{token: s.Token, log: s.Log, phase: s.Phase, agentPath: cmd.Path, direct: l.AgentPath != "", agents: Self(), silence: silence(l.Timeout())}, nil)
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
		return ownProgramError("start own executable", err)
	}
	if transport.Exhausted(err) {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return blame("agent_path", kind.CodeAgentPathMissing, "No agent at agent_path",
		"%s cannot be executed: %v. Install the agent there, or leave agent_path out.", cmd.Path, errors.Unwrap(err))
}

// greet waits for the agent of a process that was started. If none comes, it
// ends the process. explain, if it is not nil, knows what the messages of the
// program mean.
func greet(ctx context.Context, p *process, b *Bootstrap, explain func(said saidWords) error) (io.Reader, error) {
	giveUp := func() { p.close() }
	stop := context.AfterFunc(ctx, p.giveUp)
	r, err := b.Greet(ctx, p.stdout, p.stdin, p.words, giveUp)
	wanted := stop() // if not, the program may have ended because it was given up
	if err == nil && wanted {
		return r, nil
	}
	f := Failure{Err: err, by: p.by, elsewhere: p.elsewhere}
	if !wanted || !errors.Is(err, io.EOF) { // else the program has ended its output by itself
		f.Cause = context.Cause(ctx)
	}
	if streamEnded(err) {
		p.awaitEnd(ctx)
	}
	f.Exit = p.abandon()
	b.logEnd(f.Exit)
	said := p.words.said()
	f.LastWords, f.heard = said.shown, said.heard
	if explain != nil {
		f.Explain = func(string) error { return explain(said) }
	}
	return nil, crowdedIf(f.Exit != nil && ranOut(said.heard), f.Reason())
}
