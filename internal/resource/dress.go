package resource

import (
	"context"
	"crypto/sha256"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

func (m *Machine) fill(ctx context.Context, t temp, p anchored, old Entry, f NewFile) error {
	if f.Fill != nil {
		return m.do("write", t.path, func() error { return f.Fill(ctx, download.Roomy(t.File, nearlyFull)) })
	}
	if f.From != nil {
		return m.do("write", t.path, func() error { return takeFrom(ctx, t.File, f.From, *f.Content) })
	}
	if f.CopyFrom != "" && !f.Content.Whole {
		return m.do("write", t.path, func() error { return copyOf(ctx, t.File, f.CopyFrom, *f.Content) })
	}
	if f.Content != nil {
		return m.do("write", t.path, func() error { return m.receive(ctx, t, *f.Content, f.from) })
	}
	if old.Type != TypeFile {
		return nil
	}
	from, err := openPlain(p.at)
	if err != nil {
		return err
	}
	defer from.Close()
	return m.do("write", t.path, func() error {
		_, err := io.Copy(t.File, &ctxReader{ctx, from})
		return err
	})
}

// nearlyFull is the problem of a content from elsewhere, of which nobody knows how much comes.
func nearlyFull(is filesystem.FullError) error {
	return kind.NewProblem("path", kind.CodeNoSpace, "The disk is nearly full", "%s are free on the file system of the path, and %s have to stay free, whatever a server sends. Nothing was written. Free some space: see df.", prose.Bytes(is.Free), prose.Bytes(is.Keep))
}

// copyOf writes what another file of the machine holds. It fails if that is not what it was
// when it was read, and then has read at most one byte more than there was: its owner may
// let it grow without end.
func copyOf(ctx context.Context, to io.Writer, p string, want Content) error {
	from, err := openPlain(p)
	if err != nil {
		return err
	}
	defer from.Close()
	is, err := copyOut(ctx, to, from, want.Size+1)
	if err == nil && !want.Equal(is) {
		err = notWhatWasFound(p)
	}
	return err
}

// takeFrom writes as many bytes as a content has, and fails if they are others.
func takeFrom(ctx context.Context, to io.Writer, from io.Reader, want Content) error {
	is, err := copyOut(ctx, to, from, want.Size)
	if err == nil && !want.Equal(is) {
		err = notPulled(&transport.BlobError{Reason: transport.BlobChanged})
	}
	return err
}

// copyOut copies at most so many bytes, and returns what they are.
func copyOut(ctx context.Context, to io.Writer, from io.Reader, most int64) (Content, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, h), io.LimitReader(&ctxReader{ctx, from}, most))
	return Content{SHA256: h.Sum(nil), Size: n}, err
}

// dress gives a temporary file its owner, extended attributes and permissions. They
// come in this order, since a change of owner clears capabilities and set-user-ID.
// What want leaves open is as in the old file, if there is one.
func (m *Machine) dress(t temp, p anchored, old Entry, want Meta) error {
	keep := old.Type == TypeFile
	uid, gid, mode := -1, -1, int64(newFileMode)
	if keep {
		uid, gid, mode = int(old.Owner.ID), int(old.Group.ID), old.Mode
	}
	uid, gid = want.owner(uid, gid)
	if want.Mode != nil {
		mode = *want.Mode
	}
	if err := m.do("chown", t.path, func() error { return chownIfNeeded(t.File, uid, gid) }); err != nil {
		return err
	}
	if keep {
		err := m.do("attributes", t.path, func() error { return copyAttributes(p.at, t.File) })
		if filesystem.NotThere(err) {
			return notWhatWasFound(p.path)
		}
		if err != nil {
			return err
		}
	}
	if len(want.Attributes) > 0 {
		if err := m.do("attributes", t.path, func() error { return giveAttributes(t.at, p.path, want.Attributes) }); err != nil {
			return err
		}
	}
	return m.do("chmod", t.path, func() error { return unix.Fchmod(int(t.Fd()), uint32(mode)) })
}

func chownIfNeeded(f *os.File, uid, gid int) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if uid == int(st.Uid) {
		uid = -1
	}
	if gid == int(st.Gid) {
		gid = -1
	}
	if uid < 0 && gid < 0 {
		return nil
	}
	if err := f.Chown(uid, gid); err != nil {
		return err
	}
	return nil
}
