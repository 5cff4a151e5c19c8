//go:build unix

package transport

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// stdio is the descriptors of an agent. The protocol has its own, which no
// program that the agent starts inherits; 0, 1 and 2 are for nobody: what is
// printed there becomes records.
type stdio struct {
	in, out, err *os.File
	captures     []*capture
}

// takeStdio moves the protocol away from the standard descriptors.
func takeStdio(s *sink) (*stdio, error) {
	var files [3]*os.File
	for fd := range files {
		n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
		files[fd] = os.NewFile(uintptr(n), [...]string{"protocol in", "protocol out", "stderr"}[fd])
	}
	io := &stdio{in: files[0], out: files[1], err: files[2]}
	// A crash of the runtime is said where the parent keeps the last words.
	_ = debug.SetCrashOutput(io.err, debug.CrashOptions{})
	if err := discardInput(); err != nil {
		return nil, err
	}
	for fd, prefix := range map[int]string{1: "stdout: ", 2: "stderr: "} {
		c, err := newCapture(fd, s.lines(prefix))
		if err != nil {
			return nil, err
		}
		io.captures = append(io.captures, c)
	}
	return io, nil
}

func discardInput() error {
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer unix.Close(null)
	return dupTo(null, 0)
}

// flush brings out all that was printed before it is called.
func (s *stdio) flush() {
	for _, c := range s.captures {
		c.flush()
	}
}

// capture turns what arrives in a pipe into records.
type capture struct {
	r     *os.File
	raw   syscall.RawConn
	mu    sync.Mutex // held by who reads, so that lines keep their order
	lines *lineWriter
	buf   [4 << 10]byte
}

func newCapture(fd int, lines *lineWriter) (*capture, error) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	if err := dupTo(p[1], fd); err != nil {
		return nil, err
	}
	_ = unix.Close(p[1])
	if err := unix.SetNonblock(p[0], true); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	c := &capture{r: os.NewFile(uintptr(p[0]), "capture"), lines: lines}
	raw, err := c.r.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	c.raw = raw
	go func() { _ = raw.Read(c.drain) }()
	return c, nil
}

// drain reads until the pipe is empty; true means that it has ended.
func (c *capture) drain(fd uintptr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		n, err := unix.Read(int(fd), c.buf[:])
		switch {
		case n > 0:
			_, _ = c.lines.Write(c.buf[:n])
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false
		default:
			c.lines.Flush()
			return true
		}
	}
}

func (c *capture) flush() {
	_ = c.raw.Control(func(fd uintptr) { c.drain(fd) })
}
