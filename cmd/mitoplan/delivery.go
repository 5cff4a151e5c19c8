package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
)

// stream is standard output or standard error, as a command sees it. If a write
// fails, the stream keeps that error and drops everything after it, so that the
// command goes on with its work. app.delivered looks at the error once, at the end.
// Any goroutine may write.
type stream struct {
	name string // for messages
	w    io.Writer
	err  atomic.Pointer[error] // the first one
}

// Write never fails: see stream.
func (s *stream) Write(b []byte) (int, error) {
	if s.err.Load() == nil {
		_, err := s.w.Write(b)
		s.keep(err)
	}
	return len(b), nil
}

func (s *stream) keep(err error) {
	if err != nil {
		s.err.CompareAndSwap(nil, &err)
	}
}

// failure returns the first error of writing, nil if there was none.
func (s *stream) failure() error {
	err := s.err.Load()
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s could not be written: %w", s.name, cause(*err))
}

// finish closes the stream, because a network file system may report only then that
// there is no room. Nothing may be written after it.
func (s *stream) finish() {
	if c, ok := s.w.(io.Closer); ok && s.err.Load() == nil {
		s.keep(c.Close())
	}
}

var errReaderGone = errors.New("whoever read it had closed it before the end (broken pipe)")

// cause returns the reason of an error, without the operation and the file.
func cause(err error) error {
	var path *os.PathError
	switch {
	case errors.Is(err, syscall.EPIPE):
		return errReaderGone
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// undelivered returns the first error of standard output or standard error, nil if
// everything was written. In tests these can be buffers, which never fail.
func (a *app) undelivered() error {
	for _, w := range []io.Writer{a.stdout, a.stderr} {
		if s, ok := w.(*stream); ok {
			if err := s.failure(); err != nil {
				return err
			}
		}
	}
	return nil
}

// delivered returns the exit status of a command that ended with status. If not all
// of its output could be written, it says so and makes 0 and 2 a 1.
func (a *app) delivered(status int) int {
	if s, ok := a.stdout.(*stream); ok {
		s.finish()
	}
	err := a.undelivered()
	if err == nil {
		return status
	}
	fmt.Fprintf(a.stderr, "Error: Output lost: %v. The command ran to its end, but not all that it had to say arrived.\n", err)
	if status == exitChanges || status == 0 {
		return 1
	}
	return status
}
