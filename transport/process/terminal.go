package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Terminal is the terminal that a program gets as its standard input, output and error, and
// that controls its session. It repeats nothing of what is typed, and ends its lines with a
// line feed alone, until the program sets it otherwise.
type Terminal struct{ Rows, Columns uint16 }

// ErrNoTerminal is that the system has no terminal for a program.
var ErrNoTerminal = errors.New("there is no terminal")

// endAgain is how often a terminal says that nothing more is typed. A program that asks for a
// password first throws away what was typed before, and with it the end.
const endAgain = time.Second

// terminal makes the terminal of a program, and starts what reads it. What types begins when the
// program is there, so that a control character finds it.
func (r *running) terminal(s Spec) ([]*os.File, error) {
	master, tty, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	if err := errors.Join(prepareTerminal(tty, *s.Terminal), unblocked(master)); err != nil {
		master.Close()
		tty.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	// A program may let go of its terminal and go on. Without this the kernel would say that the
	// terminal is at its end, and closing it hangs up on the program.
	r.tty = tty
	r.pipes = append(r.pipes, master)
	r.read(master, s.Stdout)
	r.stdin, _ = s.Stdin.(io.Closer)
	r.types = func() {
		defer r.closeStdin()
		r.typeIn(master, s.Stdin)
	}
	return []*os.File{tty, tty, tty}, nil
}

// unblocked lets the side of a terminal that belongs to this process be read with deadlines.
// Elsewhere than on Linux such a read does not wait, and the end of the program ends it.
func unblocked(master *os.File) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	return syscall.SetNonblock(int(master.Fd()), true)
}

func prepareTerminal(tty *os.File, t Terminal) error {
	if err := pty.Setsize(tty, &pty.Winsize{Rows: t.Rows, Cols: t.Columns}); err != nil {
		return err
	}
	is, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil {
		return err
	}
	is.Lflag &^= unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHONL
	is.Oflag &^= unix.ONLCR
	return unix.IoctlSetTermios(int(tty.Fd()), setTermios, is)
}

// typeIn types what the program is to read, and then says as long as it runs that nothing more
// comes. That counts only while the terminal collects lines: otherwise it would be a character.
func (r *running) typeIn(master *os.File, src io.Reader) {
	last := &lastByte{w: master, b: '\n'}
	if src != nil {
		if _, err := io.Copy(last, src); err != nil {
			return
		}
	}
	again := time.NewTicker(endAgain)
	defer again.Stop()
	for {
		if end, ok := endOf(master); ok {
			if last.b != '\n' {
				end = append(end, end[0]) // the first only ends the line
				last.b = '\n'
			}
			if _, err := master.Write(end); err != nil {
				return
			}
		}
		select {
		case <-r.exited:
			return
		case <-r.unread:
			return
		case <-again.C:
		}
	}
}

// endOf is what ends the input of a terminal; ok is false while it collects no lines.
func endOf(master *os.File) (end []byte, ok bool) {
	raw, err := master.SyscallConn()
	if err != nil {
		return nil, false
	}
	cerr := raw.Control(func(fd uintptr) {
		is, err := unix.IoctlGetTermios(int(fd), getTermios)
		if err == nil && is.Lflag&unix.ICANON != 0 {
			end, ok = []byte{is.Cc[unix.VEOF]}, true
		}
	})
	return end, ok && cerr == nil
}

// lastByte is a writer that knows the last byte that was written.
type lastByte struct {
	w io.Writer
	b byte
}

func (l *lastByte) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if n > 0 {
		l.b = p[n-1]
	}
	return n, err
}
