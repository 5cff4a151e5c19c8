package function

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// source is a Puller of one content, that may break.
type source struct {
	read  func() io.Reader
	err   error // in place of a reader
	pulls atomic.Int32
	open  atomic.Int32
}

func (s *source) Pull(ctx context.Context, _ transport.Blob, _ int64) (io.ReadCloser, error) {
	s.pulls.Add(1)
	if s.err != nil {
		return nil, s.err
	}
	s.open.Add(1)
	return &pulling{s, s.read(), ctx}, nil
}

// pulling ends with its ctx, as a pull does.
type pulling struct {
	s   *source
	r   io.Reader
	ctx context.Context
}

func (p *pulling) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n == 0 && err == errNeverComes {
		<-p.ctx.Done()
		err = p.ctx.Err()
	}
	return n, err
}

func (p *pulling) Close() error {
	p.s.open.Add(-1)
	return nil
}

var errNeverComes = errors.New("nothing more comes")

// endsWith reads a text and then gives an error.
func endsWith(text string, err error) func() io.Reader {
	return func() io.Reader { return io.MultiReader(strings.NewReader(text), failing{err}) }
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// blobNamed is a name on the wire; the fakes do not look at it.
func blobNamed(t *testing.T) kind.Content {
	t.Helper()
	b, err := transport.BlobOf([]byte("x"), false).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return kind.Content{Blob: b}
}

// TestCommandReadsWhatIsPulled: contents that are only named reach the program as it
// reads them, and what does not come whole never looks whole to it.
func TestCommandReadsWhatIsPulled(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	changed := &transport.BlobError{Reason: transport.BlobChanged}
	for _, c := range []struct {
		name, arg, shell string
		from             *source
		out              string // of the program
		summary          string // of the problem, "" for none
	}{
		{"all of it", "stdin", "wc -c", &source{read: func() io.Reader { return io.LimitReader(zeros{}, 3<<20) }}, "3145728\n", ""},
		{"of a file", "stdin_content", "cat", &source{read: func() io.Reader { return strings.NewReader("in\xff") }}, "in\xff", ""},
		{"nothing is read", "stdin", "echo x", &source{read: endsWith("", errNeverComes)}, "x\n", ""},
		{"the first line is read", "stdin", "read l; echo $l", &source{read: endsWith("first\nsecond\n", errNeverComes)}, "first\n", ""},
		{"the source changes", "stdin_content", "cat > half; touch whole", &source{read: endsWith("half", changed)}, "", "The input has changed"},
		{"it was never offered", "stdin", "cat; touch whole", &source{err: &transport.BlobError{Reason: transport.BlobRefused}}, "", "The input is missing"},
		{"the source is gone", "stdin", "cat; touch whole", &source{err: &transport.BlobError{Reason: transport.BlobUnavailable}}, "", "The input cannot be read"},
		{"the line is slow for ever", "stdin", "cat; touch whole", &source{read: endsWith("x", &transport.TimeoutError{Phase: transport.PhaseStalled})}, "", "The input was cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request(t, "command", args{"shell": text1(c.shell), c.arg: blobNamed(t)})
			req.From = c.from
			r, err := runIt(t, req)
			switch {
			case c.summary != "":
				p := wantProblem(t, err, map[string]string{"stdin": "stdin", "stdin_content": "stdin_file"}[c.arg], kind.CodeSource)
				if p.Summary != c.summary {
					t.Errorf("it says %q", p.Summary)
				}
			case err != nil || str(r.Results["stdout"]) != c.out:
				t.Errorf("%q, %v", r.Results["stdout"], err)
			}
			if isThere(filepath.Join(dir, "whole")) {
				t.Error("the program took a part of its input for all")
			}
			if n := c.from.open.Load(); n != 0 {
				t.Errorf("%d pulls are left", n)
			}
		})
	}
}

// zeros are bytes without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestGuardsPullNothing: a call that does not run fetches nothing.
func TestGuardsPullNothing(t *testing.T) {
	for _, checks := range []bool{true, false} {
		from := &source{read: func() io.Reader { return new(bytes.Buffer) }}
		req := request(t, "command", args{"argv": argv("cat"), "stdin": blobNamed(t), "unless": "true"})
		req.Check, req.From = checks, from
		if r, err := runIt(t, req); err != nil || r.WouldRun || from.pulls.Load() != 0 {
			t.Errorf("%+v, %v, pulled %d times", r, err, from.pulls.Load())
		}
	}
}

// A program whose input breaks off, or whose call is cancelled, sees no end of its input
// while it is being ended: it would take what it got for all.
func TestAProgramThatIsEndedSeesNoEndOfItsInput(t *testing.T) {
	for name, from := range map[string]*source{
		"the input breaks off":  {read: endsWith("", errors.New("broken"))},
		"it is not there":       {err: errors.New("broken")},
		"the call is cancelled": {read: endsWith("", errNeverComes)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				running, end := context.WithCancelCause(t.Context())
				content := blobNamed(t)
				c := &command{in: &ProgramIn{Stdin: &content}, from: from}
				in := c.stdin(running, end)
				defer in.release()
				var returned atomic.Bool
				go func() { _, _ = in.Read(make([]byte, 1)); returned.Store(true) }()
				synctest.Wait()
				end(errors.New("cancelled"))
				synctest.Wait()
				if returned.Load() {
					t.Error("its input has an end")
				}
				_ = in.Close()
				synctest.Wait()
				if !returned.Load() {
					t.Error("it is still read when the program reads no more")
				}
			})
		})
	}
}
