package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// alive tells whether a program still runs. The program holds this FIFO open.
type alive struct{ path string }

func newAlive(t *testing.T) alive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return alive{path}
}

// hold is shell code that opens the FIFO.
func (a alive) hold() string { return "exec 9>" + a.path + "; " }

// awaitEnd returns when the program, and everything that inherited the FIFO from
// it, has ended.
func (a alive) awaitEnd() {
	if f, err := os.Open(a.path); err == nil {
		io.Copy(io.Discard, f)
		f.Close()
	}
}

// phases records the phases of a start. It calls before when a phase begins.
type phases struct {
	mu     sync.Mutex
	all    []transport.Phase
	before func(transport.Phase)
}

func (p *phases) enter(phase transport.Phase) {
	p.mu.Lock()
	p.all = append(p.all, phase)
	p.mu.Unlock()
	if p.before != nil {
		p.before(phase)
	}
}

func (p *phases) last() transport.Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		return transport.PhaseStart
	}
	return p.all[len(p.all)-1]
}

// slowly is shell code that takes a while, without a sleep.
const slowly = `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; `

// endings are programs that end before an agent runs, each at another moment. The
// phase and the reason must not depend on the order in which goroutines notice the
// end. If first is true, the program has ended before anything is written to it, so
// that the write fails before anything is read.
var endings = []struct {
	name, body string
	first      bool
	phase      transport.Phase
	code       kind.Code
	says       []string
}{
	{"before it reads", `echo "the disk is on fire" >&2; exit 3`, true,
		transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
	{"before it reads, without a word", `exit 3`, true,
		transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "It printed nothing."}},
	{"before it reads, after an answer", `printf '\n%s none\n' TOKEN; exit 1`, true,
		transport.PhaseBootstrap, kind.CodeAgentNoDirectory, nil},
	{"before it reads what it asked for", `printf '\n%s need Linux x86_64 gz\n' TOKEN; echo "no head here" >&2; exit 1`, true,
		transport.PhasePush, kind.CodeAgentNotStarted, []string{"exit status 1", "no head here"}},
	{"after it has read", `IFS= read -r line; echo "the disk is on fire" >&2; exit 3`, false,
		transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
	{"between two answers", `IFS= read -r line; printf '\n%s need Linux x86_64 gz\n' TOKEN; IFS= read -r line; printf '\n%s no write /x: the disk is full\n\n%s none\n' TOKEN TOKEN; exit 1`, false,
		transport.PhasePush, kind.CodeAgentNoDirectory, []string{"the disk is full"}},
	{"while it executes an agent", `IFS= read -r line; printf '\n%s need Linux x86_64 gz\n' TOKEN; IFS= read -r line; printf '\n%s run 1\n' TOKEN; echo "bad ELF" >&2; exit 126`, false,
		transport.PhaseGreeting, kind.CodeAgentNotStarted, []string{"exit status 126", "bad ELF"}},
	{"with a word after its output", `IFS= read -r line; exec >&-; ` + slowly + `echo "the disk is on fire" >&2; exit 3`, false,
		transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
	{"without its input", `exec <&-; echo "the disk is on fire" >&2; ` + slowly + `exit 3`, false,
		transport.PhaseBootstrap, kind.CodeAgentNotStarted, []string{"exit status 3", "the disk is on fire"}},
}

// TestHowAStartEnds holds the rule of Failure for what runs as a process of this
// machine: a shell, and sudo.
func TestHowAStartEnds(t *testing.T) {
	for _, e := range endings {
		body := strings.ReplaceAll(e.body, "TOKEN", testToken)
		t.Run(e.name, func(t *testing.T) {
			for name, start := range map[string]func(string, transport.Start) error{
				"shell": startShell,
				"sudo": func(body string, s transport.Start) error {
					_, err := Sudo{Path: stub(t, body)}.Start(t.Context(), s)
					return err
				},
			} {
				t.Run(name, func(t *testing.T) {
					run := newAlive(t)
					seen := &phases{}
					if e.first {
						seen.before = func(p transport.Phase) {
							if p == transport.PhaseBootstrap {
								run.awaitEnd()
							}
						}
					} else {
						go run.awaitEnd() // or the program would wait for a reader
					}
					s := testStart(&source{content: fakeAgent})
					s.Phase = seen.enter
					err := start(run.hold()+body, s)
					p := wantCode(t, err, e.code)
					for _, says := range e.says {
						if !strings.Contains(p.Detail, says) {
							t.Errorf("the problem does not say %q: %s", says, p.Detail)
						}
					}
					if strings.Contains(p.Detail, "pipe") || strings.Contains(p.Detail, "closed") {
						t.Errorf("the problem tells of the pipe, which is no reason: %s", p.Detail)
					}
					if got := seen.last(); got != e.phase {
						t.Errorf("the phase is %s, want %s", got, e.phase)
					}
				})
			}
		})
	}
}

// startShell starts a shell as an agent is started. The shell first reads one line.
func startShell(body string, s transport.Start) error {
	p, err := startProcess(exec.Command("sh", "-c", body), &LastWords{}, nil)
	if err != nil {
		return err
	}
	_, err = greet(context.Background(), p, NewBootstrap(s, Common{Env: map[string]string{"A": "b"}}), nil)
	return err
}

// TestReasonOfAFailure holds which of several reasons is told.
func TestReasonOfAFailure(t *testing.T) {
	answer := problem(kind.CodeAgentNoDirectory, "No directory for the agent", "")
	means := problem(kind.CodeSudoUnknownUser, "No such user on the host", "")
	over := &transport.TimeoutError{}
	three := &transport.Exit{Status: 3}
	broken := fmt.Errorf("write |1: %w", syscall.EPIPE)
	closed := fmt.Errorf("read |0: %w", os.ErrClosed)
	knows := func(string) error { return means }
	silent := func(string) error { return nil }
	for name, tt := range map[string]struct {
		f    Failure
		want error
		code kind.Code
	}{
		"an answer before all":              {Failure{Err: fmt.Errorf("x: %w", answer), Explain: knows, Cause: over, Exit: three}, answer, ""},
		"a terminal before a stale agent":   {Failure{Err: fmt.Errorf("%w %w", errOnTerminal, io.EOF), Explain: knows, Cause: over}, nil, kind.CodeAgentTerminal},
		"a stale agent":                     {Failure{Err: ErrStale, Explain: knows, Cause: over}, ErrStale, ""},
		"words before the time":             {Failure{Err: closed, Explain: knows, Cause: over, Exit: three}, means, ""},
		"the time before the exit":          {Failure{Err: closed, Explain: silent, Cause: over, Exit: three}, over, ""},
		"the exit before a read":            {Failure{Err: io.EOF, Exit: three}, nil, kind.CodeAgentNotStarted},
		"the exit before a broken pipe":     {Failure{Err: broken, Exit: three}, nil, kind.CodeAgentNotStarted},
		"the exit before a closed pipe":     {Failure{Err: closed, Explain: silent, Exit: three}, nil, kind.CodeAgentNotStarted},
		"the exit before half of something": {Failure{Err: io.ErrUnexpectedEOF, Exit: three}, nil, kind.CodeAgentNotStarted},
		"an end that is not known":          {Failure{Err: io.EOF}, nil, kind.CodeAgentNotStarted},
		"something else before the exit":    {Failure{Err: syscall.EIO, Exit: three}, syscall.EIO, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.f.Reason()
			if tt.code != "" {
				wantCode(t, err, tt.code)
			} else if !errors.Is(err, tt.want) {
				t.Errorf("the reason is %v, want %v", err, tt.want)
			}
		})
	}
}

// TestAnEndBeforeTheTimeIsOver: a program that has ended its output is the reason
// of the failure, even if the time of the start runs out a moment later.
func TestAnEndBeforeTheTimeIsOver(t *testing.T) {
	p, err := startProcess(exec.Command("sh", "-c", "echo on fire >&2; exit 3"), &LastWords{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = greet(ctx, p, NewBootstrap(testStart(&source{}), Common{}), func(saidWords) error { cancel(); return nil })
	wantCode(t, err, kind.CodeAgentNotStarted)
}

// TestAnEndAfterTheTimeIsOver: a program whose input is closed because the time of the start
// is over, and which ends for that, is not the reason of the failure.
func TestAnEndAfterTheTimeIsOver(t *testing.T) {
	p, err := startProcess(exec.Command("sh", "-c", "cat >/dev/null"), &LastWords{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.lingers = true // its output is left open for it to end
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err = greet(ctx, p, NewBootstrap(testStart(&source{}), Common{}), nil); err != context.DeadlineExceeded {
		t.Errorf("got %v, want that the deadline is exceeded", err)
	}
}

// brokenWriter fails from its second write on.
type brokenWriter struct{ writes int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.writes++; b.writes > 1 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

// TestPatientWriter: as long as the start lasts, writing does not fail. After that
// it does.
func TestPatientWriter(t *testing.T) {
	b := &brokenWriter{}
	p := NewPatientWriter(b, func() {})
	for range 4 {
		if n, err := p.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("a write during the start gave %d, %v; want 3 and no error", n, err)
		}
	}
	if b.writes != 2 || !errors.Is(p.Err(), syscall.EPIPE) {
		t.Errorf("%d writes reached the program and the error is %v, want 2 and EPIPE", b.writes, p.Err())
	}
	p.Stop()
	if _, err := p.Write([]byte("abc")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a write after the start gave %v, want EPIPE", err)
	}
}

// TestAProgramThatTakesNothingIsGivenUp: the program reads nothing and never ends.
func TestAProgramThatTakesNothingIsGivenUp(t *testing.T) {
	p, err := startProcess(exec.Command("sh", "-c", "exec <&-; echo deaf >&2; sleep 1001"), &LastWords{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBootstrap(testStart(&source{}), Common{Env: map[string]string{"A": strings.Repeat("x", 100<<10)}})
	_, err = greet(t.Context(), p, b, nil)
	if found := wantCode(t, err, kind.CodeAgentNotStarted); !strings.Contains(found.Detail, "did not end") || !strings.Contains(found.Detail, "deaf") {
		t.Errorf("the problem must say that the program did not end: %s", found.Detail)
	}
}
