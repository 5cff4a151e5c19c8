package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
)

// stream is where a command writes. All output goes through one of two: the
// first failure is kept there, and what comes after it is dropped, so that a
// command goes on with its work. Whether its answer arrived is asked once, at the
// end. Any goroutine may write.
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

// failure is what kept something from being written, nil if nothing did.
func (s *stream) failure() error {
	err := s.err.Load()
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s could not be written: %w", s.name, cause(*err))
}

// finish closes the stream: file systems across a network may say only then that
// there was no room. Nothing may be written after it.
func (s *stream) finish() {
	if c, ok := s.w.(io.Closer); ok && s.err.Load() == nil {
		s.keep(c.Close())
	}
}

var errReaderGone = errors.New("whoever read it had closed it before the end (broken pipe)")

// cause is why, without the operation and the file's number.
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

// undelivered is what kept an answer from arriving, nil if all of it was
// written. A buffer of an app that is tested takes everything.
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

// delivered is the exit status of a command that ended with status: an answer
// that did not arrive is an error, whatever it said.
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
