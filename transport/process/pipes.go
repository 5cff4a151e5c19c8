package process

import (
	"io"
	"os"
	"slices"
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

func (r *running) collect(w io.Writer) (*os.File, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.pipes = append(r.pipes, pr)
	r.read(pr, w)
	return pw, nil
}
