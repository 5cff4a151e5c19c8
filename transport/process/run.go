package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// The bounds of what Run waits for, beyond the program itself.
const (
	// killWait is how long a killed process may take to be gone; one in an
	// uninterruptible sleep takes for ever.
	killWait = 2 * time.Second
	// drain is how long output is still read after the program has ended:
	// something in the background may hold the pipe open.
	drain = 250 * time.Millisecond
)

// Spec is a program to run. It runs in a session of its own, without a terminal unless one is
// asked for, so that what wants to ask a person fails at once, with nothing open but its
// standard streams, no signal blocked, and limits, priority and umask as this
// process was given them.
type Spec struct {
	Argv []string
	// Dir is where it runs; empty is where this process does.
	Dir string
	// Env is its whole environment; nil is that of this process. PWD follows
	// Dir, and of two values of one name the later counts.
	Env []string
	// Stdin is what it reads; nil is nothing. Reads may block only if it is an
	// io.Closer. That is closed when the program reads no more or has ended, and then
	// reads have to return.
	Stdin io.Reader
	// Stdout and Stderr get what it writes as it writes it, each from one
	// goroutine; nil is nowhere. If both are the same writer they share one
	// goroutine, and the order is kept.
	Stdout, Stderr io.Writer
	// Terminal is the terminal that it runs on; nil is none. Stdin is typed there, Stdout gets
	// all that it shows, and Stderr gets nothing. What is in the process group of the program
	// when that ends is hung up on; what has a session or a group of its own (setsid, set -m)
	// is not.
	Terminal *Terminal
	// Grace is the time from TERM to KILL; 0 is 5 s. In a function it is 2 s at most once
	// the context begins to end, so that the program ends before the context does.
	Grace time.Duration
}

// Exit says how a program ended.
type Exit struct {
	Code int
	// Signal is the name of the signal that ended it, or empty; then Code is
	// 128 and its number, as in a shell.
	Signal   string
	Duration time.Duration
}

func (e Exit) String() string {
	if e.Signal != "" {
		return "signal " + e.Signal
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// Run runs a program to its end and returns how it ended. If ctx ends first, Run ends
// the program and everything that it started, and returns the cause of ctx. The error
// is another one only if the program could not be started: then it says that Argv is
// empty, or is that of exec.LookPath, or an *os.PathError of what is missing. A function gives it the ctx that
// it was called with, or one made of that: so the program ends with the call and with
// the context. Any goroutine may call it.
func Run(ctx context.Context, s Spec) (Exit, error) {
	if err := ctx.Err(); err != nil {
		return Exit{}, context.Cause(ctx)
	}
	r, err := start(s)
	if err != nil {
		return Exit{}, err
	}
	select {
	case <-r.exited:
	case <-ctx.Done():
		err = errors.Join(context.Cause(ctx), r.end(s.graces(ctx)))
	}
	return r.finish(), err
}

// running is one started program. exited is closed when it has ended; if
// the system allows, before it is reaped, so that its number cannot belong to
// another meanwhile. state is set before reaped is closed.
type running struct {
	proc   *os.Process
	mark   string
	began  time.Time
	pipes  []*os.File
	stdin  io.Closer // ends reads from Spec.Stdin; nil if they never block
	copies sync.WaitGroup
	types  func()   // types into a terminal; nil if there is none
	tty    *os.File // the side of the program, which is held open as long as that runs
	// unread is closed when the program reads no more.
	unread  chan struct{}
	unreads sync.Once

	exited, reap, reaped chan struct{}
	state                *os.ProcessState

	// search reports what belongs to the program and lives. It is kin.Family but
	// in tests.
	search func(report func(kin.Member))
}

func start(s Spec) (*running, error) {
	if len(s.Argv) == 0 {
		return nil, errors.New("process: Spec.Argv names no program")
	}
	path, err := exec.LookPath(s.Argv[0])
	if err != nil {
		return nil, err
	}
	r := &running{
		mark: kin.NewMark(), began: time.Now(), unread: make(chan struct{}),
		exited: make(chan struct{}), reap: make(chan struct{}), reaped: make(chan struct{}),
	}
	r.search = func(report func(kin.Member)) { kin.Family(r.proc.Pid, os.Getpid(), r.mark, report) }
	files, err := r.files(s)
	if err != nil {
		return nil, err
	}
	attr := &os.ProcAttr{Dir: s.Dir, Env: append(s.environ(), r.mark), Files: files, Sys: ownSession()}
	attr.Sys.Setctty = s.Terminal != nil
	kin.Own.Begin(r.mark)
	if err = r.launch(path, s.Argv, attr); err == nil {
		kin.Own.Leads(r.mark, r.proc.Pid)
		if r.types != nil {
			r.copies.Go(r.types)
		}
	}
	for _, f := range files {
		if f != r.tty {
			f.Close()
		}
	}
	if err != nil {
		kin.Own.End(r.mark)
		r.closePipes()
		r.copies.Wait()
		return nil, err
	}
	return r, nil
}

// launch starts the program, and a goroutine that waits for its end. The goroutine
// keeps its thread, since the kernel ends the program together with the thread that
// started it.
func (r *running) launch(path string, argv []string, attr *os.ProcAttr) error {
	started := make(chan error, 1)
	go func() {
		unlock := lockThread()
		defer unlock()
		proc, err := os.StartProcess(path, argv, attr)
		r.proc = proc
		started <- err
		if err != nil {
			return
		}
		r.state = awaitExit(proc)
		close(r.exited)
		<-r.reap
		if r.state == nil {
			r.state, _ = proc.Wait()
		}
		close(r.reaped)
	}()
	return <-started
}

// finish reads what is left of the output, reaps the program and says how it
// ended.
func (r *running) finish() Exit {
	took := time.Since(r.began)
	r.closeTTY()
	for _, p := range r.pipes {
		p.SetDeadline(time.Now().Add(drain))
	}
	fed := time.AfterFunc(drain, r.closeStdin)
	r.copies.Wait()
	fed.Stop()
	select {
	case <-r.exited:
		adopt(r.proc.Pid, r.mark)
		kin.Own.End(r.mark)
		close(r.reap)
		<-r.reaped
	default:
		// It does not die: whoever reaps it will be its goroutine.
		close(r.reap)
		return Exit{Code: 128 + int(syscall.SIGKILL), Signal: "killed", Duration: took}
	}
	return exitOf(r.state, took)
}

func exitOf(st *os.ProcessState, took time.Duration) Exit {
	e := Exit{Duration: took}
	ws, ok := st.Sys().(syscall.WaitStatus)
	switch {
	case ok && ws.Signaled():
		e.Code, e.Signal = 128+int(ws.Signal()), ws.Signal().String()
	default:
		e.Code = st.ExitCode()
	}
	return e
}
