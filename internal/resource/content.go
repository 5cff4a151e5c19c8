package resource

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/transport"
)

// read hashes a file while reading it, and keeps its bytes if there are at most
// limit of them. Of a large file the digest may be known from before, if known allows
// that.
func (m *Machine) read(ctx context.Context, p string, limit int64, known bool) (Content, error) {
	f, err := openPlain(p)
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() <= limit {
		return m.digest(ctx, f, limit)
	}
	if st.Size() >= hostcache.Large {
		return m.readLarge(ctx, f, known)
	}
	return m.digest(ctx, f, 0) // nothing of it is kept on the way
}

// readLarge returns the digest of a file whose bytes are not needed. It keeps the digest
// if nothing can have changed the file while it was read.
func (m *Machine) readLarge(ctx context.Context, f *os.File, known bool) (Content, error) {
	was, told := hostcache.Identify(f)
	if told && known {
		if sum, ok := m.digests.Find(was, m.now()); ok {
			return Content{SHA256: sum[:], Size: was.Size}, nil
		}
	}
	if told {
		told = hostcache.Watch(f)
	}
	was, _ = hostcache.Identify(f)
	began := m.now()
	c, err := m.digest(ctx, f, 0)
	if is, _ := hostcache.Identify(f); err == nil && told && is == was {
		m.digests.Add(was, [sha256.Size]byte(c.SHA256), f.Name(), began)
	}
	return c, err
}

func (m *Machine) digest(ctx context.Context, f *os.File, limit int64) (Content, error) {
	if m.opts.Reads != nil {
		m.opts.Reads(f.Name())
	}
	return digest(ctx, f, limit)
}

// openPlain opens a regular file and nothing else: a pipe would block, and a link
// may have been put there since it was looked at.
func openPlain(p string) (*os.File, error) {
	f, err := os.OpenFile(p, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = &os.PathError{Op: "read", Path: p, Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func digest(ctx context.Context, r io.Reader, limit int64) (Content, error) {
	h := sha256.New()
	var kept []byte
	size, whole := int64(0), true
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	for {
		if err := ctx.Err(); err != nil {
			return Content{}, context.Cause(ctx)
		}
		n, err := r.Read(buf[:])
		transport.Advance(ctx)
		h.Write(buf[:n])
		if size += int64(n); size <= limit {
			kept = append(kept, buf[:n]...)
		} else {
			kept, whole = nil, false
		}
		if err == io.EOF {
			return Content{SHA256: h.Sum(nil), Size: size, Data: kept, Whole: whole}, nil
		}
		if err != nil {
			return Content{}, err
		}
	}
}

// sha512Of is the SHA-512 of a file.
func sha512Of(ctx context.Context, p string) ([]byte, error) {
	f, err := openPlain(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, &ctxReader{ctx, f}); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

// ctxReader is a reader that fails when its context ends, and tells the watchdog
// of the call that it goes on.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	transport.Advance(c.ctx)
	return c.r.Read(p)
}

// ContentOf is the Content of bytes that are at hand.
func ContentOf(b []byte) Content {
	sum := sha256.Sum256(b)
	return Content{SHA256: sum[:], Size: int64(len(b)), Data: b, Whole: true}
}

// within drops the bytes if there are more than limit.
func (c Content) within(limit int64) Content {
	if c.Size > limit {
		c.Data, c.Whole = nil, false
	}
	return c
}

func (m *Machine) now() time.Time {
	if m.opts.Now != nil {
		return m.opts.Now()
	}
	return time.Now()
}
