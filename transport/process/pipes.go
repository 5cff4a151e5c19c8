package process

import (
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
)

// files makes the ends of the pipes that the child gets, and starts what
// serves the other ends.
func (r *running) files(s Spec) ([]*os.File, error) {
	if s.Terminal != nil {
		return r.terminal(s)
	}
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
	if !slices.Contains(files, null) {
		null.Close()
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
	r.stdin, _ = src.(io.Closer)
	r.copies.Go(func() {
		defer r.closeStdin()
		defer pw.Close()
		io.Copy(pw, src)
	})
	return pr, nil
}

// closeStdin ends what the program would read, as it reads no more.
func (r *running) closeStdin() {
	r.unreads.Do(func() { close(r.unread) })
	if r.stdin != nil {
		r.stdin.Close()
	}
}

func (r *running) collect(w io.Writer) (*os.File, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.pipes = append(r.pipes, pr)
	r.read(pr, w)
	return pw, nil
}

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
	for _, p := range r.pipes {
		p.Close()
	}
}

// pipeMax is the most that a pipe holds, in bytes.
const pipeMax = 1 << 20
