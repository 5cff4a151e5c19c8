package function

import (
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// saving is the way of a result to a file on the controller. It is written as the
// result comes, and waits while the controller does not keep up. Nothing is kept here.
type saving struct {
	to    io.Writer
	attr  string // the argument that sets most
	most  int64  // bytes; -1 for no bound
	wrote int64
	fail  func(error) // ends what writes
	err   error
}

// newSaving writes to the pipe of a call. fail is told when that went wrong, or if there
// is more than most, unless that is nil. attr is the argument that says it.
func newSaving(pipe io.Writer, attr string, most *int64, fail func(error)) *saving {
	s := &saving{to: pipe, attr: attr, most: -1, fail: fail}
	if most != nil {
		s.most = *most
	}
	return s
}

func (s *saving) Write(p []byte) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case s.to == nil:
		return 0, s.broken(kind.NewProblem("", kind.CodeSave, "Nothing takes the result", "The controller asked for a result to be saved and does not take it. It may be of another build than the agent: report it."))
	case s.most >= 0 && s.wrote+int64(len(p)) > s.most:
		return 0, s.broken(kind.NewProblem(s.attr, kind.CodeTooLong, "More than may be saved", "There are more than the %d bytes that %s allows, so nothing was saved. Raise it, or leave it out to save all there is.", s.most, s.attr))
	}
	n, err := s.to.Write(p)
	s.wrote += int64(n)
	if err != nil {
		return n, s.broken(err)
	}
	return n, nil
}

func (s *saving) broken(err error) error {
	s.err = err
	s.fail(err)
	return err
}

// failure is why not all was written; nil if all was. It is called when nobody writes
// any more.
func (s *saving) failure() error {
	if s == nil {
		return nil
	}
	return s.err
}
