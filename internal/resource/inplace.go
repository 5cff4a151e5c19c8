package resource

import (
	"bytes"
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// overwriteAt writes into the file that is there. It is for files that cannot be
// replaced: one that is mounted by itself, one of the kernel, one of another owner.
// The file keeps its owner, permissions, attributes and names, and programs that
// have it open see the new content. The write is not atomic; see overwrite.
//
// New permissions are set first, so that nobody reads the new content who may not.
func (m *Machine) overwriteAt(ctx context.Context, p anchored, found *Entry, f NewFile) error {
	kernel := kernelFS(p.at) != ""
	if !kernel && f.Content.Size > Editable {
		return m.overwriteLong(ctx, p, found, f)
	}
	src, err := m.openInPlace(ctx, f)
	if err != nil {
		return err
	}
	defer src.Close()
	content, err := io.ReadAll(&ctxReader{ctx, src})
	if err != nil {
		return err
	}
	if err := m.tryOut(ctx, p, content, f.Validate); err != nil {
		return err
	}
	return m.overwriteWith(ctx, p, found, f, kernel, func(file *os.File, left int) error {
		_, err := file.Write(append(content[:len(content):len(content)], bytes.Repeat([]byte("\n"), left)...))
		return err
	})
}

// openInPlace opens the content of a file that is written in place. A long one comes
// through a temporary file, so that what has come before a cut is kept; without room for
// that, and if it is a secret, it comes into memory alone.
func (m *Machine) openInPlace(ctx context.Context, f NewFile) (io.ReadCloser, error) {
	if f.CopyFrom != "" && !f.Content.Whole {
		var held bytes.Buffer
		err := copyOf(ctx, &held, f.CopyFrom, *f.Content)
		return io.NopCloser(&held), err
	}
	if c := f.Content; c.Blob != nil && !c.Blob.Secret && c.Size >= hostcache.LeastPart && m.cache() != "" {
		if t, err := m.anonymous(); err == nil {
			if err = m.receive(ctx, t, *c, f.from); err == nil {
				_, err = t.Seek(0, io.SeekStart)
				return t, err
			}
			t.Close()
			if !noRoom(err) {
				return nil, err
			}
		}
	}
	return open(ctx, f.from, *f.Content)
}

// tryOut runs validate on a temporary file with the new content, and removes it.
func (m *Machine) tryOut(ctx context.Context, p anchored, content []byte, validate func(context.Context, string) error) error {
	if validate == nil {
		return nil
	}
	t, err := m.createTemp(p, false)
	if err != nil {
		return err
	}
	defer t.Close()
	defer m.do("discard", t.path, func() error { return os.Remove(t.at) })
	if err := m.do("write", t.path, func() error { _, err := t.Write(content); return err }); err != nil {
		return err
	}
	return validate(ctx, t.path)
}

// writable says why nothing can be written into the file at a resolved path.
func (m *Machine) writable(p string) error {
	if immutable(p) {
		return immutableProblem(p)
	}
	// Root may open it all the same, and the kernel then takes nothing.
	if st, err := os.Lstat(p); err == nil && st.Mode().Perm()&0o222 == 0 && kernelFS(p) != "" {
		return kind.NewProblem("path", kind.CodeReadOnlySetting, "The kernel accepts no value here",
			"%s is read-only: the kernel shows a value in it and accepts none. Another file or a program may change the value. Otherwise remove the block.", p)
	}
	if err := unix.Access(p, unix.W_OK); err != nil {
		return explain("write into", p, &os.PathError{Op: "write into", Path: p, Err: err})
	}
	return nil
}
