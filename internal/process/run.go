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
)

// The bounds of what Run waits for, beyond the program itself.
const (
	// grace is the time from TERM to KILL where Spec says nothing: as long as
	// an agent can afford whose parent is gone.
	grace = 2 * time.Second
	// killWait is how long a killed process may take to be gone; one in an
	// uninterruptible sleep takes for ever.
	killWait = 2 * time.Second
	// drain is how long output is still read after the program has ended:
	// something in the background may hold the pipe open.
	drain = 250 * time.Millisecond
	// pipeMax is the most that a pipe holds.
	pipeMax = 1 << 20
)

// Spec is a program to run. It runs in a session of its own without a terminal,
// so that what wants to ask a person fails at once, with nothing open but its
// standard streams, no signal blocked, and limits, priority and umask as this
// process was given them.
type Spec struct {
	Argv []string
	// Dir is where it runs; empty is where this process does.
	Dir string
	// Env is its whole environment; nil is that of this process. PWD follows
	// Dir, and of two values of one name the later counts.
	Env []string
	// Stdin is what it reads; nil is nothing. Reads from it must not block.
	Stdin io.Reader
	// Stdout and Stderr get what it writes as it writes it, each from one
	// goroutine; nil is nowhere. Where both are the same writer they share one
	// goroutine, and the order is kept.
	Stdout, Stderr io.Writer
	// Grace is the time from TERM to KILL, by the cause of the end; nil is 2 s.
	// Where Hurry is closed meanwhile, it is asked again.
	Grace func(cause error) time.Duration
	Hurry <-chan struct{}
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
// is another one only if the program could not be started.
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
		err = errors.Join(context.Cause(ctx), r.end(s, context.Cause(ctx)))
	}
	return r.finish(), err
}

func (s Spec) graceFor(cause error) time.Duration {
	if s.Grace != nil {
		return s.Grace(cause)
	}
	return grace
}

// running is one started program. exited is closed when it has ended; where
// the system allows, before it is reaped, so that its number cannot belong to
// another meanwhile. state is set before reaped is closed.
type running struct {
	proc   *os.Process
	mark   string
	began  time.Time
	pipes  []*os.File
	copies sync.WaitGroup

	exited, reap, reaped chan struct{}
	state                *os.ProcessState

	// search reports what belongs to the program and lives. It is family but
	// in tests.
	search func(report func(member))
}

func start(s Spec) (*running, error) {
	path, err := exec.LookPath(s.Argv[0])
	if err != nil {
		return nil, err
	}
	r := &running{
		mark: newMark(), began: time.Now(),
		exited: make(chan struct{}), reap: make(chan struct{}), reaped: make(chan struct{}),
	}
	r.search = r.family
	files, err := r.files(s)
	if err != nil {
		return nil, err
	}
	attr := &os.ProcAttr{Dir: s.Dir, Env: append(s.environ(), r.mark), Files: files, Sys: ownSession()}
	err = r.launch(path, s.Argv, attr)
	for _, f := range files {
		f.Close()
	}
	if err != nil {
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

// files makes the ends of the pipes that the child gets, and starts what
// serves the other ends.
func (r *running) files(s Spec) ([]*os.File, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	files := []*os.File{null, null, null}
	fail := func(err error) ([]*os.File, error) {
		for _, f := range files {
			f.Close()
		}
		r.closePipes()
		r.copies.Wait()
		return nil, err
	}
	if s.Stdin != nil {
		if files[0], err = r.feed(s.Stdin); err != nil {
			files[0] = null
			return fail(err)
		}
	}
	for i, w := range []io.Writer{s.Stdout, s.Stderr} {
		if w == nil {
			continue
		}
		if i == 1 && sameWriter(s.Stdout, w) {
			files[2] = files[1]
			continue
		}
		f, err := r.collect(w)
		if err != nil {
			return fail(err)
		}
		files[i+1] = f
	}
	return files, nil
}

// sameWriter tells whether two streams go to one writer. They then share a pipe:
// two goroutines would write at once, and what was written first could come
// last. Writers of a type that cannot be compared are never the same.
func sameWriter(a, b io.Writer) (same bool) {
	defer func() { _ = recover() }()
	return a == b
}

func (r *running) feed(src io.Reader) (*os.File, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.pipes = append(r.pipes, pw)
	r.copies.Go(func() {
		defer pw.Close()
		io.Copy(pw, src)
	})
	return pr, nil
}

func (r *running) collect(w io.Writer) (*os.File, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.pipes = append(r.pipes, pr)
	r.copies.Go(func() {
		defer pr.Close()
		_, err := io.Copy(w, pr)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = rest(w, pr)
		}
		if err != nil {
			io.Copy(io.Discard, pr)
		}
	})
	return pw, nil
}

// rest copies what is in a pipe already though its time is over: who takes the
// output may have been slow.
func rest(w io.Writer, pr *os.File) error {
	raw, err := pr.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, 32<<10)
	for left := pipeMax; left > 0; {
		n := 0
		if cerr := raw.Control(func(fd uintptr) { n, err = syscall.Read(int(fd), buf) }); cerr != nil {
			return cerr
		}
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 {
			return nil
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func (r *running) closePipes() {
	for _, p := range r.pipes {
		p.Close()
	}
}

// finish reads what is left of the output, reaps the program and says how it
// ended.
func (r *running) finish() Exit {
	took := time.Since(r.began)
	for _, p := range r.pipes {
		p.SetDeadline(time.Now().Add(drain))
	}
	r.copies.Wait()
	select {
	case <-r.exited:
		adopt(r.proc.Pid, r.mark)
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
