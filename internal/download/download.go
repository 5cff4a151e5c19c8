// Package download gets what an HTTP server has at a URL into a file: over redirects, again from
// where it was cut off, and only if it is what it must be. It speaks no HTTP itself. A Server
// does: in the controller one of internal/webcall, in an agent curl of the host.
//
// Read the files in this order:
//
//	download.go attempt.go redirect.go
//	                  a download from its first request to its last byte
//	roomy.go          where it goes, with some room left beside it
//	want.go           what is asked for, and what is wrong with that
//	curl.go head.go   a server that is asked by curl
package download

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Server asks for what is at a URL. It follows no redirect.
type Server interface {
	// Ask sends one request and returns how the answer begins. Its Body has to be closed. An
	// error is a kind.Problem, or the cause why ctx ended.
	Ask(ctx context.Context, r Request) (*Answer, error)
}

// Request is one GET.
type Request struct {
	URL     string
	Headers map[string]string
}

// Answer is the answer to a Request. The names of its Headers are in lower case.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    io.ReadCloser
}

// File takes what comes. An *os.File is one.
type File interface {
	io.WriteSeeker
	Truncate(size int64) error
}

// Got is what a download brought.
type Got struct {
	SHA256 [32]byte
	Size   int64
}

const (
	// mostTries is how often a download goes on after it was cut off, and idleTries how often
	// though nothing has come since.
	mostTries, idleTries = 30, 5
	// firstPause is how long it waits before that if nothing came; each next pause is twice as
	// long.
	firstPause = 500 * time.Millisecond
)

// Get gets what is at a URL into an empty file. If the content is cut off, Get asks for the rest
// as long as the server says that it is still the same. If that, or the whole of it, is not what
// w says, it begins once more. An error is a kind.Problem, one of the file, or the cause why ctx
// ended.
func Get(ctx context.Context, s Server, w Want, to File) (Got, error) {
	a := &attempt{asks: s, want: w, to: to, at: w.URL}
	if err := a.begin(); err != nil {
		return Got{}, err
	}
	again := false
	for tries, idle := 0, 0; ; tries++ {
		had := a.size
		err := a.once(ctx)
		switch {
		case err == nil && a.checks():
			return a.got(), nil
		case err == nil && a.pieces > 1 && !again:
			// A server that gives parts of several contents for one is asked for the whole.
			again, err = true, a.begin()
			if err != nil {
				return Got{}, err
			}
			continue
		case err == nil:
			return Got{}, a.another()
		case ctx.Err() != nil:
			return Got{}, context.Cause(ctx)
		case !errors.As(err, new(*cutError)):
			return Got{}, err
		}
		if idle++; a.size > had {
			idle = 0
		}
		if tries == mostTries || idle == idleTries {
			return Got{}, a.cut(err)
		}
		if idle > 0 {
			if err := pause(ctx, firstPause<<(idle-1)); err != nil {
				return Got{}, err
			}
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// cutError is that a content was cut off after some bytes: asked again, the server may give the rest.
type cutError struct {
	err  error
	came int64
}

func (e *cutError) Error() string { return e.err.Error() }

// reason is what a server did that was no end of its content, behind its name.
type reason string

func (r reason) Error() string { return "the server " + string(r) }

const (
	errMore    reason = "did not end its content as announced,"
	errAnother reason = "began another content"
	errEnded   reason = "ended the connection"
)

// ErrIdle is that a server sends nothing any more.
const ErrIdle reason = "sent nothing for 60 s"

// IdleTime is how long a server may send nothing.
const IdleTime = time.Minute

// cut is the problem that a content was cut off again and again.
func (a *attempt) cut(err error) error {
	is := err.(*cutError)
	var known *kind.Problem
	if !errors.As(is.err, &known) {
		who, how := a.did(is.err)
		return kind.NewProblem("url", kind.CodeHTTP, "The download was cut off", "%s %s after %d bytes, and it went wrong again each time when the rest was asked for. Nothing was written. Apply again; if it happens again, look at the server.", who, how, is.came)
	}
	return kind.NewProblem("url", kind.CodeHTTP, "The download was cut off", "%d bytes had come of it. Asked for the rest: %s", is.came, kind.Rule(known.Detail))
}

// did says who cut a content off, and how.
func (a *attempt) did(err error) (who, how any) {
	why, exit := errEnded, (*exitError)(nil)
	switch {
	case errors.As(err, &why), err == io.EOF, err == io.ErrUnexpectedEOF:
	case errors.As(err, &exit) && exit.exit.Code == 28:
		why = ErrIdle
	case errors.As(err, &exit) && exit.exit.Code != 18:
		return kind.Rule("curl"), kind.Rule("ended with " + exit.exit.String())
	case !a.want.Hidden && exit == nil:
		return a.server(), "broke the connection (" + err.Error() + ")"
	}
	return a.server(), kind.Rule(why)
}

// server is what the server that was asked last is called in messages.
func (a *attempt) server() string { return a.want.Server(a.at) }
