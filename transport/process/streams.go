package process

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// read starts to copy what the program writes, to its end. For a terminal that is an error of
// input and output.
func (r *running) read(from *os.File, w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	r.copies.Go(func() {
		defer from.Close()
		_, err := io.Copy(w, from)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = rest(w, from)
		}
		if err != nil && !errors.Is(err, syscall.EIO) {
			io.Copy(io.Discard, from)
		}
	})
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
	r.closeStdin()
	r.closeTTY()
	for _, p := range r.pipes {
		p.Close()
	}
}

// closeTTY lets what reads a terminal come to its end, once nothing else has it open.
func (r *running) closeTTY() {
	if r.tty != nil {
		r.tty.Close()
	}
}

// pipeMax is the most that a pipe holds, in bytes.
const pipeMax = 1 << 20

// closeStdin ends what the program would read, as it reads no more.
func (r *running) closeStdin() {
	r.unreads.Do(func() { close(r.unread) })
	if r.stdin != nil {
		r.stdin.Close()
	}
}
