package resource

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport"
)

// contentTurn waits while another action brings the same content to this machine, so
// that it comes once. The next one goes on when done is called. The time of the content
// is no more that of the action that brings it than of those that wait for it.
func (m *Machine) contentTurn(ctx context.Context, c *Content) (done func(), err error) {
	if c == nil || c.Blob == nil || c.Size < hostcache.LeastPart {
		return func() {}, nil
	}
	waited := transport.AwaitContents(ctx)
	defer waited()
	return m.turns.take(ctx, kind.Thing("content:"+string(c.SHA256)))
}

// placed notes that a content is complete, in the file at a resolved path.
func (m *Machine) placed(p string, c *Content) {
	if c == nil || c.Blob == nil || c.Size < hostcache.LeastPart {
		return
	}
	m.digests.Placed(c.Blob.Sum, p)
	m.cache().Drop(c.Blob.Sum)
}

// receive writes a content into an empty temporary file.
func (m *Machine) receive(ctx context.Context, t temp, c Content, from pull.Puller) error {
	if c.Whole || c.Blob == nil || from == nil || c.Size < hostcache.LeastPart {
		src, err := open(ctx, from, c)
		if err != nil {
			return err
		}
		defer src.Close()
		_, err = io.Copy(t.File, &ctxReader{ctx, src})
		return err
	}
	a := arrival{m: m, blob: *c.Blob, from: from, to: t}
	return notPulled(a.come(ctx))
}

// arrival is a long content on its way into a temporary file. It comes from another file
// of this machine, or from the controller; then what has come of it before counts. The
// SHA-256 of the whole is looked at in each case.
type arrival struct {
	m    *Machine
	blob transport.Blob
	from pull.Puller
	to   temp
}

func (a *arrival) come(ctx context.Context) error {
	if path, ok := a.m.digests.Holder(a.blob.Sum); ok {
		if err := a.copyFrom(ctx, path); err == nil || ctx.Err() != nil {
			return err
		}
		if err := a.startAgain(); err != nil {
			return err
		}
	}
	if part := a.part(); part != nil {
		defer part.Close()
		err := a.pull(ctx, part)
		if !hasChanged(err) {
			return err
		}
		a.m.cache().Drop(a.blob.Sum)
		if err := a.startAgain(); err != nil {
			return err
		}
	}
	return a.pull(ctx, nil)
}

// copyFrom copies a file of this machine that held the content.
func (a *arrival) copyFrom(ctx context.Context, path string) error {
	f, err := openPlain(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() != a.blob.Size {
		return errors.Join(err, errContentElsewhere)
	}
	src, err := a.blob.Verify(bytes.NewReader(nil), f)
	if err == nil {
		_, err = io.Copy(a.to.File, &ctxReader{ctx, src})
	}
	return err
}

var errContentElsewhere = errors.New("the file holds something else by now")

// part opens what came of the content before it was cut off; nil if nothing was kept.
func (a *arrival) part() *os.File {
	if a.blob.Secret {
		return nil
	}
	return a.m.cache().Part(a.blob.Sum)
}

// pull pulls the content, but for what is in part. If it is cut off, what has come is
// kept for the next time, unless it is a secret.
func (a *arrival) pull(ctx context.Context, part *os.File) error {
	src, err := a.rest(ctx, part)
	if err != nil {
		return err
	}
	defer src.Close()
	came := &ending{r: &ctxReader{ctx, src}}
	if _, err = io.Copy(a.to.File, came); err == nil {
		return nil
	}
	switch {
	case came.err == nil:
		if noRoom(err) {
			a.m.cache().Drop(a.blob.Sum) // It may take the very room that is missing.
		}
	case !a.blob.Secret && !errors.As(err, new(*transport.BlobError)):
		_ = a.m.do("keep", a.to.path, func() error {
			a.m.cache().Keep(a.blob.Sum, a.blob.Size, a.to.File, a.to.at)
			return nil
		})
	}
	return err
}

// noRoom reports whether a write failed because a disk or a quota is full.
func noRoom(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// rest pulls what comes after part, once part is in the temporary file.
func (a *arrival) rest(ctx context.Context, part *os.File) (io.ReadCloser, error) {
	if part == nil {
		return a.from.Pull(ctx, a.blob, 0)
	}
	st, err := part.Stat()
	if err != nil || st.Size() > a.blob.Size {
		return nil, errors.Join(err, &transport.BlobError{Blob: a.blob, Reason: transport.BlobChanged})
	}
	rest := io.NopCloser(io.Reader(bytes.NewReader(nil)))
	if st.Size() < a.blob.Size {
		if rest, err = a.from.Pull(ctx, a.blob, st.Size()); err != nil {
			return nil, err
		}
	}
	src, err := a.blob.Verify(io.TeeReader(&ctxReader{ctx, part}, a.to.File), rest)
	if err != nil {
		rest.Close()
	}
	return src, err
}

// startAgain empties the temporary file.
func (a *arrival) startAgain() error {
	if err := a.to.Truncate(0); err != nil {
		return err
	}
	_, err := a.to.Seek(0, io.SeekStart)
	return err
}

// hasChanged reports whether what came is not the content.
func hasChanged(err error) bool {
	var blob *transport.BlobError
	return errors.As(err, &blob) && blob.Reason == transport.BlobChanged
}

// ending is a reader that knows how it ended: a copy fails for what it reads from, or
// for what it writes to.
type ending struct {
	r   io.Reader
	err error // nil for the end of what there is
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != io.EOF {
		e.err = err
	}
	return n, err
}
