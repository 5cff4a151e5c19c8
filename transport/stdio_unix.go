//go:build unix

package transport

import (
	"fmt"
	"log"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// stdio holds the descriptors of an agent. The protocol uses its own descriptors, which
// no program that the agent starts inherits. Descriptors 0 and 1 are not used: output
// to 1 and to os.Stderr becomes log entries. Descriptor 2 stays as it was, for the Go
// runtime. A dying program writes there why it ends, when nothing can make an entry of
// that any more, and the parent keeps the text as the last words. debug.SetCrashOutput
// is no alternative, because it lacks the first line of a fatal error, which is the
// reason.
type stdio struct {
	in, out, err *os.File
	captures     []*capture
}

// takeStdio moves the protocol away from the standard descriptors. logs may be nil.
func takeStdio(s *sink, logs logWriter) (*stdio, error) {
	var files [3]*os.File
	for fd := range files {
		n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
		files[fd] = os.NewFile(uintptr(n), [...]string{"protocol in", "protocol out", "stderr"}[fd])
	}
	io := &stdio{in: files[0], out: files[1], err: files[2]}
	if err := discardInput(); err != nil {
		return nil, err
	}
	out, w, err := newCapture(s.lines("stdout: "))
	if err == nil {
		err = dupTo(int(w.Fd()), 1)
		_ = w.Close()
	}
	if err != nil {
		return nil, err
	}
	errs, w, err := newCapture(s.lines("stderr: "))
	if err != nil {
		return nil, err
	}
	if log.Writer() == os.Stderr {
		log.SetOutput(w)
		if logs != nil {
			log.SetOutput(logs(io, w, s))
		}
	}
	os.Stderr = w
	io.captures = []*capture{out, errs}
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

// flush makes entries of all that was printed before it is called. Most functions print
// nothing, which one look at both pipes tells.
func (s *stdio) flush() {
	empty := s.empty()
	for _, c := range s.captures {
		c.flush(empty)
	}
}

// capture turns what arrives in a pipe into entries.
type capture struct {
	r     *os.File
	fd    int32      // of r, which is open as long as the process lives
	mu    sync.Mutex // held by the one who reads, so that lines keep their order
	lines *lineWriter
	buf   [4 << 10]byte
}

// newCapture returns the capture and the end of its pipe that is written to.
// Writing to that end blocks.
func newCapture(lines *lineWriter) (*capture, *os.File, error) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	w := os.NewFile(uintptr(p[1]), "captured")
	if err := unix.SetNonblock(p[0], true); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	c := &capture{r: os.NewFile(uintptr(p[0]), "capture"), fd: int32(p[0]), lines: lines}
	raw, err := c.r.SyscallConn()
	if err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	go func() { _ = raw.Read(c.drain) }()
	return c, w, nil
}

// drain reads until the pipe is empty. It returns true if the pipe has ended.
func (c *capture) drain(fd uintptr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read(int(fd))
}

// read is drain for whoever holds mu.
func (c *capture) read(fd int) bool {
	for {
		n, err := unix.Read(fd, c.buf[:])
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

// flush makes entries of what is in the pipe, unless that is empty. What was read from it
// before may not have become entries yet: whoever read it holds mu until it has.
func (c *capture) flush(empty bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !empty {
		c.read(int(c.fd))
	}
}
