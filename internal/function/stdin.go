package function

import (
	"context"
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
)

// stdin is what a program reads from its standard input. Contents that are only named
// are pulled as the program reads them, so they may have any size. If they do not come
// to their end, the program is ended before it could take what it got for all: it sees
// no end of its input.
type stdin struct {
	from    pull.Puller
	content kind.Content
	attr    string

	ctx  context.Context // in which it is pulled: ends with the call, and with unread
	fail func(error)     // ends the call, and with it the program
	// unread ends when the program reads no more. That may be long after ctx.
	unread context.Context
	close  context.CancelFunc

	r io.ReadCloser // nil until the first read
}

// stdin is what the program reads; nil if that is nothing. fail is told why not all of
// it came.
func (c *command) stdin(ctx context.Context, fail func(error)) *stdin {
	attr, content := "stdin", c.in.Stdin
	if content == nil {
		attr, content = "stdin_file", c.in.StdinContent
	}
	if content == nil {
		return nil
	}
	s := &stdin{from: c.from, content: *content, attr: attr, fail: fail}
	s.unread, s.close = context.WithCancel(context.Background())
	pulling, stop := context.WithCancel(ctx)
	context.AfterFunc(s.unread, stop)
	s.ctx = pulling
	return s
}

// Read reads what has come. After an error it returns only when the program reads no
// more.
func (s *stdin) Read(p []byte) (int, error) {
	if s.r == nil {
		r, err := s.open()
		if err != nil {
			return 0, s.broken(err)
		}
		s.r = r
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = s.broken(err)
	}
	return n, err
}

func (s *stdin) open() (io.ReadCloser, error) {
	blob, err := pull.Blob(s.content)
	if err != nil {
		return nil, err
	}
	return pull.Open(s.ctx, s.from, s.content.Data, blob)
}

// broken ends the program, if nothing else does, and waits until it reads no more.
func (s *stdin) broken(err error) error {
	if s.ctx.Err() == nil {
		s.fail(s.problem(err))
	}
	<-s.unread.Done()
	return err
}

// Close says that the program reads no more.
func (s *stdin) Close() error {
	s.close()
	return nil
}

// release gives back what reading holds. Nobody reads any more when it is called.
func (s *stdin) release() {
	if s == nil {
		return
	}
	s.close()
	if s.r != nil {
		_ = s.r.Close()
	}
}

// problem says why the input did not come to its end.
func (s *stdin) problem(err error) error {
	const ended = " The command was ended, and may have used a part of its input: look at what it did, then "
	told := pull.Told(err,
		kind.NewProblem(s.attr, kind.CodeSource, "The input has changed", "What the command reads is no longer what it was when the plan was made: its file was changed on the machine that mitoplan runs on."+ended+"plan again."),
		kind.NewProblem(s.attr, kind.CodeSource, "The input cannot be read", "What the command reads cannot be read any more on the machine that mitoplan runs on."+ended+"look whether the file is still there, and plan again."),
		kind.NewProblem(s.attr, kind.CodeSource, "The input is missing", "What the command reads did not arrive."+ended+"apply again; if it happens again, report it."))
	if told == nil {
		return kind.NewProblem(s.attr, kind.CodeSource, "The input was cut off", "What the command reads did not come to its end: %v."+ended+"apply again.", err)
	}
	return told
}
