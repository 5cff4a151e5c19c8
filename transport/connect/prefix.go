package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// Prefix starts an agent through a program that runs what its command line ends with, such
// as nice, chroot or docker exec. A connector of another program makes one for each start
// and calls Start: it is a context kind in a few lines.
type Prefix struct {
	Common
	// Argv are the program and its arguments; sh is put behind them. The program is a path,
	// or a name that PATH is searched for. Other users of the host may see all of it.
	Argv []string
	// Explain returns a *transport.Problem for what a program said that ended without an
	// agent, or nil if that means nothing to the kind. It may be nil.
	Explain func(said string) error
	// Missing is the problem of a program that is not there, or may not be executed. It
	// may be nil.
	Missing func(program string, err error) *transport.Problem
	// Stderr makes what the program's standard error is written to, in place of words,
	// which is what reports quote. It is closed before Explain is called. nil means
	// that reports quote all of it.
	Stderr func(words *LastWords) io.WriteCloser
	// Elsewhere means that the program runs sh on another machine, as ssh does. The
	// language of messages is then left as it is on both. On Linux the program is killed
	// when this process ends.
	Elsewhere bool
	// Left is called if a start fails after the host has executed an agent, with the
	// number of that process there: it may still run, if the end of the program does not
	// end it. nil means that it does.
	Left func(pid int)
}

// Start runs the program and waits for the agent. It has the errors of
// transport.Connector.Start.
func (p Prefix) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if len(p.Argv) == 0 {
		return nil, errors.New("a prefix needs a program")
	}
	of := prefix{
		Common: p.Common, program: p.Argv[0], args: append(slices.Clone(p.Argv[1:]), "sh"),
		keepsLocale: !p.Elsewhere, elsewhere: p.Elsewhere, missing: p.Missing, stderr: p.Stderr, left: p.Left,
	}
	if p.Explain != nil {
		of.explain = func(_ *prompter, said saidWords) error { return p.Explain(said.shown) }
	}
	if of.missing == nil {
		of.missing = func(program string, err error) *transport.Problem {
			return problem(kind.CodeAgentNotStarted, "No program to start the agent with",
				"%s cannot be executed: %v. Install it on the machine of the context's parent, or name another.", program, err)
		}
	}
	return of.start(ctx, s)
}

// prefix is how a kind starts its agent through a program that runs what its
// command line ends with: as another user, as sudo does, or in another place, as
// chroot and docker exec do. The kinds differ in nothing but these fields.
//
// The program runs sh, which reads the script that becomes the agent from stdin.
// Most of these programs stay for the life of the agent and show their command line
// to every user of the host, so the script is no part of it. stdin and stdout of the
// agent are pipes, because a terminal is no place for frames.
type prefix struct {
	Common
	// program is a path, or a name that PATH is searched for. args are its arguments,
	// to the last one. They tell no secrets.
	program string
	args    []string
	// direct means that the program runs the agent at agent_path itself. Otherwise sh
	// does.
	direct bool
	// keepsLocale means that LC_ALL of the program may get through to the agent.
	keepsLocale bool
	// elsewhere means that the program itself has the locale of this process.
	elsewhere bool
	// stderr is Prefix.Stderr.
	stderr func(words *LastWords) io.WriteCloser
	// left is Prefix.Left.
	left func(pid int)
	// client means that the agent is no child of the program, which talks to a service
	// that starts it, as podman exec does.
	client bool
	// asks is how the program asks for a password, nil if it never does. Only then it
	// gets a terminal.
	asks *asks
	// explain says what the words of a program mean that ended without an agent. It
	// returns nil if they mean nothing to the kind, and may be nil if none do. The
	// prompter is nil without asks.
	explain func(ask *prompter, said saidWords) error
	// by is the argument that is blamed if the program comes to no agent, "" for none.
	// byHand is how a person runs it to see why; "" means: as it is run.
	by, byHand string
	// missing is the problem of a program that is not there.
	missing func(program string, err error) *kind.Problem
}

// asks is how a program asks for a password.
type asks struct {
	prompt, password string
	// onStdin means that it asks on its stdin and stderr. These are then the terminal,
	// and the pipes of the agent are the descriptors 3, 4 and 5. Otherwise it asks on
	// its controlling terminal, and has the pipes itself.
	onStdin bool
	// unanswered is the code of a password that was typed, and to which nothing came.
	unanswered kind.Code
	// noTerminal is the problem of a host that has no terminal to give.
	noTerminal func(error) *kind.Problem
}

// start runs the program. If a cached agent does not start, it is replaced, once.
func (p prefix) start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	b := p.bootstrap(s)
	link, err := p.once(ctx, b)
	if errors.Is(err, ErrStale) {
		s.Log.Debug("program is started again, without the cached agent")
		b = b.Fresh()
		link, err = p.once(ctx, b)
	}
	if err != nil && b.ran > 1 && p.left != nil {
		p.left(b.ran)
	}
	return link, err
}

// bootstrap is the start of an agent in the sh that the program runs.
func (p prefix) bootstrap(s transport.Start) *Bootstrap {
	b := NewBootstrap(s, p.Common)
	b.onStdin, b.direct = !p.direct, p.direct
	if b.onStdin && p.keepsLocale && p.explain != nil {
		b.locale = localeBack()
	}
	return b
}

// once runs the program once.
func (p prefix) once(ctx context.Context, b *Bootstrap) (*transport.Link, error) {
	path, err := exec.LookPath(p.program)
	if err != nil {
		return nil, p.lacks(err)
	}
	words := &LastWords{}
	ask, t, err := p.terminal(words)
	if err != nil {
		return nil, err
	}
	cmd := p.command(path)
	started, err := startProcessTo(cmd, words, p.stderr, t)
	if err != nil {
		return nil, p.notRun(err)
	}
	started.lingers, started.by, started.elsewhere = p.left != nil, p.starter(), p.elsewhere
	started.logStart(b.log)
	if ask != nil {
		ask.log = b.log
		ask.open(started.close)
	}
	r, err := greet(ctx, started, b, func(said saidWords) error {
		if p.explain == nil {
			return nil
		}
		if err := notExecuted(p.AgentPath, said); err != nil && p.direct {
			return err
		}
		return p.explain(ask, said)
	})
	if err != nil {
		return nil, p.unanswered(ask, b, started.words, err)
	}
	link := started.link(r)
	link.Wait = func() transport.Exit { return ofAgent(started.wait()) }
	if p.asks == nil { // one that asks runs the agent as another user, whom it passes TERM on to
		link.Kill = started.killAll
	}
	if p.client && b.ran > 1 {
		there := sync.OnceFunc(func() {
			b.log.Debug("agent is killed through another start of the program")
			p.killThere(path, b.ran)
		})
		link.Kill = func(sig os.Signal) error {
			there()
			return started.killAll(sig)
		}
	}
	return link, nil
}

// starter is the program as it is blamed if no agent runs. One that runs an agent without a
// shell is not: nothing can be said of what a person would see.
func (p prefix) starter() starter {
	if p.by == "" || p.direct {
		return starter{}
	}
	line := p.byHand
	if line == "" {
		line = echoOK + prose.CommandLine(append([]string{p.program}, p.args...))
	}
	return starter{p.program, p.by, line}
}

// echoOK is shell that gives a shell behind it something to do. It reads that from stdin, as
// it reads what starts an agent, and starts a process, as that does.
const echoOK = "echo '(echo ok)' | "

// command is the program as it is run.
func (p prefix) command(path string) *exec.Cmd {
	cmd := &exec.Cmd{Path: path, Args: append([]string{p.program}, p.args...), Env: p.environ()}
	if p.client || p.elsewhere {
		cmd.SysProcAttr = clientSession()
	}
	return cmd
}

// killThere has the program run a shell that kills the agent, and waits for that for
// killTime at most. The signals for the program do not get to the agent, and one that is
// stopped does not see the end of its stream. A process that took the number of the agent is
// let live. If this process ends meanwhile, as its time may be shorter, it is done all the
// same: see bounded.
func (p prefix) killThere(path string, agent int) {
	script, w, err := os.Pipe()
	if err != nil {
		return
	}
	defer script.Close()
	_, _ = fmt.Fprintf(w, "read -r c </proc/%d/cmdline;case $c in mitoplan:*)kill -9 %[1]d;esac\n", agent)
	w.Close()
	cmd := exec.Command("sh", append([]string{"-c", bounded, path}, p.args...)...)
	cmd.Env, cmd.Stdin, cmd.SysProcAttr = p.environ(), script, &syscall.SysProcAttr{Setsid: true}
	if cmd.Start() != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	late := time.NewTimer(killTime)
	defer late.Stop()
	select {
	case <-ended:
	case <-late.C:
	}
}

// bounded is sh that runs a program for 10 s at most, whatever becomes of who started it,
// and ends with it. It is the first of a process group, and kills all of that. A slow
// program has all the time, and the agent that it is to kill would go on after 12 s by itself.
// Without the program sleep it waits for ever.
const bounded = `exec 3<&0;("$0" "$@" <&3 3<&-;kill -9 0)& sleep 10||wait;kill -9 0`

// killTime is how long it may take to have an agent killed: less than what an agent has
// whose parent is lost.
const killTime = 1500 * time.Millisecond

// terminal is where a program asks, and who answers there; both are nil if it never
// does.
func (p prefix) terminal(words *LastWords) (*prompter, *terminal, error) {
	if p.asks == nil {
		return nil, nil, nil
	}
	t, err := openTerminal()
	if err != nil {
		return nil, nil, crowdedIf(noneLeft(err), p.asks.noTerminal(err))
	}
	words.Hide(p.asks.password)
	ask := newPrompter(p.asks.prompt, p.asks.password, t.master, words)
	t.onStdin, t.showed = p.asks.onStdin, ask.terminalShowed
	return ask, t, nil
}

// environ is the environment of the program itself. It makes a program whose messages are
// to be told apart speak a language in which they can be. The script sets LC_ALL back.
func (p prefix) environ() []string {
	if p.explain == nil || p.elsewhere {
		return environment(Environ(), nil)
	}
	return environment(Environ(), map[string]string{"LC_ALL": "C"})
}

// localeBack is sh that sets LC_ALL back to what it is in this process.
func localeBack() string {
	if v, ok := os.LookupEnv("LC_ALL"); ok {
		return "LC_ALL=" + word(v)
	}
	return "unset LC_ALL"
}

// notRun is the error of a program that could not be executed.
func (p prefix) notRun(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOEXEC) {
		return p.lacks(err)
	}
	return err
}

// lacks is the problem of a program that is not there, or cannot be executed. errors.Is finds
// exec.ErrNotFound in that of one that is not there, also where command names its path.
func (p prefix) lacks(err error) error {
	told := p.missing(p.program, err)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
		err = errors.Join(exec.ErrNotFound, err)
	}
	return told.Because(err)
}

// agentOrShell is what a program is told to run that may be allowed nothing but the
// agent at agentPath: that, or sh.
func agentOrShell(agentPath string, s *transport.Start) []string {
	if agentPath != "" {
		return []string{agentPath, agentWord, s.Token, s.ProcessName}
	}
	return []string{"sh"}
}
