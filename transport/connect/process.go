package connect

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// stderrGrace is how long stderr is still read after the process has ended.
// Last words must not be lost, but a grandchild may hold stderr open for ever.
const stderrGrace = 200 * time.Millisecond

// process is a child that was started with pipes. It belongs to whoever holds
// the Link. When Wait has returned, every goroutine has ended.
type process struct {
	cmd           *exec.Cmd
	stdin, stdout *os.File // our ends
	stderr        *os.File
	words         *LastWords
	// terminal is the master of the controlling terminal, nil if there is none. tty is
	// its other side, open as long as the process runs: doas closes what it inherits
	// before it opens the terminal, and with nobody there the master's end is read.
	terminal, tty *os.File

	// lingers means that what the process says is still read for a while when its start
	// is given up: on another machine it may have executed what its end does not end, and
	// be about to say so.
	lingers bool
	// by is the process as it is blamed if it comes to no agent, and elsewhere means that it
	// reaches a host first.
	by        starter
	elsewhere bool
	// sent is the last signal that told the process to end with all that it has started
	// here, 0 if none did.
	sent atomic.Int32
	// memory is the cgroup that the process begins in.
	memory memoryCgroup

	drains  sync.WaitGroup
	done    chan struct{} // closed when exit is set
	exit    transport.Exit
	closing sync.Once
}

// startProcess runs cmd with new pipes as its stdin, stdout and stderr. It gets
// a session of its own, because Ctrl-C at the controller's terminal is not
// meant for it, unless cmd has a SysProcAttr already. If t is not nil, it becomes
// the controlling terminal of the process, and belongs to the process from then on.
func startProcess(cmd *exec.Cmd, words *LastWords, t *terminal) (*process, error) {
	return startProcessTo(cmd, words, nil, t)
}

// startProcessTo is startProcess with another place for stderr, if that is not nil: see
// Prefix.Stderr.
func startProcessTo(cmd *exec.Cmd, words *LastWords, stderr func(*LastWords) io.WriteCloser, t *terminal) (*process, error) {
	if t == nil {
		t = &terminal{}
	}
	p := &process{cmd: cmd, words: words, terminal: t.master, tty: t.tty, memory: ownMemory(), done: make(chan struct{})}
	ended := make(chan error, 1)
	err := p.start(t, ended)
	if err != nil {
		closeAll(p.stdin, p.stdout, p.stderr, t.master, t.tty)
		return nil, err
	}
	p.drains.Go(func() {
		to := io.Writer(words)
		if stderr != nil {
			other := stderr(words)
			defer other.Close()
			to = other
		}
		drain(p.stderr, func(b []byte) { to.Write(b) })
	})
	if t.master != nil {
		p.drains.Go(func() { drain(t.master, t.showed) })
	}
	go p.reap(ended)
	return p, nil
}

// logStart logs which program is started. Its arguments may be anybody's, and are not shown.
func (p *process) logStart(log *transport.StartLog) {
	if log.IsDebug() {
		log.Debug("program is started", "program", p.cmd.Path, "pid", strconv.Itoa(p.cmd.Process.Pid), "terminal", strconv.FormatBool(p.terminal != nil))
	}
}

// start makes the pipes of the process and launches it.
func (p *process) start(t *terminal, ended chan<- error) error {
	theirs, err := p.pipes()
	if err != nil {
		return err
	}
	defer closeAll(theirs...)
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = ownSession()
	}
	if t.tty != nil {
		t.control(p.cmd)
	}
	return p.launch(ended)
}

// launch starts the process on a thread that stays until the process has ended:
// the kernel signals a child when the thread that started it ends.
func (p *process) launch(ended chan<- error) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			ended <- p.cmd.Wait()
		}
	}()
	return <-started
}

// pipes makes the pipes of the process, and returns the ends that are its own.
func (p *process) pipes() (theirs []*os.File, err error) {
	var ours []*os.File
	for range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(ours, theirs...)...)
			return nil, err
		}
		if len(ours) == 0 {
			r, w = w, r
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	p.stdin, p.stdout, p.stderr = ours[0], ours[1], ours[2]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	return theirs, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// drain reads until the other side is gone, or until the deadline. What is in f
// by then is read in any case, so that words of a program that has ended are not
// lost on a busy machine. A terminal says with EIO that the other side is gone.
func drain(f *os.File, each func([]byte)) {
	buf := make([]byte, 4096)
	for {
		n, err := f.Read(buf)
		each(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			readWaiting(f, buf, each)
		}
		if err != nil {
			return
		}
	}
}

// mostWaiting is how many bytes may wait in a pipe or a terminal: the default
// of pipe(7).
const mostWaiting = 64 << 10

// readWaiting reads what f holds already, and waits for nothing.
func readWaiting(f *os.File, buf []byte, each func([]byte)) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for total := 0; total < mostWaiting; {
			n, err := syscall.Read(int(fd), buf)
			if n <= 0 || err != nil {
				return
			}
			each(buf[:n])
			total += n
		}
	})
}

// reap notes how the process ended, once nothing more can come from it.
func (p *process) reap(ended <-chan error) {
	err := <-ended
	p.outlastGroup()
	closeAll(p.tty)
	soon := time.Now().Add(stderrGrace)
	p.stderr.SetReadDeadline(soon)
	if p.terminal != nil {
		p.terminal.SetReadDeadline(soon)
	}
	p.drains.Wait()
	closeAll(p.stderr, p.terminal)
	p.exit = exitOf(p.cmd.ProcessState, err)
	if ofAgent(p.exit).Signal == "KILL" {
		p.words.Write([]byte(p.memory.why()))
	}
	close(p.done)
}

// ofAgent is how an agent ended whose program ended so. A program that waits for the
// agent, as su does, says with the status 128 and its number which signal ended it. An
// agent itself never ends with such a status.
func ofAgent(e transport.Exit) transport.Exit {
	if name, ok := signalNames[syscall.Signal(e.Status-128)]; ok && e.Status > 128 {
		return transport.Exit{Status: -1, Signal: name}
	}
	return e
}

// exitOf says how a process ended.
func exitOf(s *os.ProcessState, err error) transport.Exit {
	if s == nil {
		return transport.Exit{Status: -1, Err: err}
	}
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return transport.Exit{Status: -1, Signal: signalName(ws.Signal())}
	}
	return transport.Exit{Status: s.ExitCode()}
}

// signalName is the name of a signal without SIG, as the ssh protocol spells
// it.
func signalName(s syscall.Signal) string {
	if n, ok := signalNames[s]; ok {
		return n
	}
	return s.String()
}

var signalNames = map[syscall.Signal]string{
	syscall.SIGABRT: "ABRT", syscall.SIGALRM: "ALRM", syscall.SIGBUS: "BUS", syscall.SIGFPE: "FPE",
	syscall.SIGHUP: "HUP", syscall.SIGILL: "ILL", syscall.SIGINT: "INT", syscall.SIGKILL: "KILL",
	syscall.SIGPIPE: "PIPE", syscall.SIGQUIT: "QUIT", syscall.SIGSEGV: "SEGV", syscall.SIGSYS: "SYS",
	syscall.SIGTERM: "TERM", syscall.SIGUSR1: "USR1", syscall.SIGUSR2: "USR2", syscall.SIGXCPU: "XCPU",
}

// SignalName is the name of a signal without SIG, "" if it has no name on every
// system.
func SignalName(s os.Signal) string {
	n, _ := s.(syscall.Signal)
	return signalNames[n]
}

// close ends the byte stream on both sides.
func (p *process) close() error {
	p.closing.Do(func() { closeAll(p.stdin, p.stdout) })
	return nil
}

// giveUp ends the stream of a start that nobody wants any more.
func (p *process) giveUp() {
	if p.lingers {
		p.stdin.Close()
		t := time.NewTimer(abandonGrace)
		defer t.Stop()
		select {
		case <-p.done:
		case <-t.C:
		}
	}
	p.close()
}

// wait waits for the end of the process, and of everything that reads from it.
func (p *process) wait() transport.Exit {
	<-p.done
	return p.exit
}

// abandon ends a process that did not become an agent, and waits for that for a
// bounded time: a setuid program of another user may outlive its stream. It
// returns how the process ended by itself, nil if it had to be ended.
func (p *process) abandon() *transport.Exit {
	p.close()
	t := time.NewTimer(abandonGrace)
	defer t.Stop()
	select {
	case <-p.done:
		return &p.exit
	case <-t.C:
	}
	p.signalAll(syscall.SIGTERM)
	p.hangUp()
	t.Reset(abandonGrace)
	select {
	case <-p.done:
	case <-t.C:
		p.signalAll(syscall.SIGKILL)
		t.Reset(abandonGrace)
		select {
		case <-p.done:
		case <-t.C:
		}
	}
	return nil
}

// hangUp closes the terminal. That ends even a program of another user, which
// cannot be signalled.
func (p *process) hangUp() {
	if p.terminal != nil {
		p.terminal.Close()
	}
}

// abandonGrace is how long an abandoned process has to end after the end of its
// stream, and again after TERM.
const abandonGrace = 500 * time.Millisecond

// awaitEnd waits for a process that has closed its output and so is about to end,
// for at most 2 s.
func (p *process) awaitEnd(ctx context.Context) {
	t := time.NewTimer(2 * time.Second)
	defer t.Stop()
	select {
	case <-p.done:
	case <-ctx.Done():
	case <-t.C:
	}
}

// link makes the Link of an agent whose frames begin at r.
func (p *process) link(r io.Reader) *transport.Link {
	return &transport.Link{
		R: r, W: p.stdin, Close: p.close, Wait: p.wait,
		Kill:      p.kill,
		LastWords: p.words.Bytes,
	}
}
