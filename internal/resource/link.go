package resource

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// linkName is the name of a new link in the temporary directory that it is made in.
const linkName = "link"

// link puts a symbolic link in place in one step, if what is there is what was found.
func (m *Machine) link(p string, found *Entry, to string, want Meta) error {
	return m.in(p, func(at anchored) error { return m.linkAt(at, found, to, want) })
}

// linkAt makes the link in a temporary directory that only this user may enter: a link
// cannot be locked itself, so that other runs would take it for a leftover, and nobody can
// exchange it there before it has its owner.
func (m *Machine) linkAt(p anchored, found *Entry, to string, want Meta) error {
	return m.throughDirectory(p, found, func(t temp, old Entry) error { return m.placeLink(t, p, old, to, want) })
}

// throughDirectory has something put in place through a temporary directory, which goes then,
// if what is at the path is what was found. place makes it there under linkName, and renames it.
func (m *Machine) throughDirectory(p anchored, found *Entry, place func(t temp, old Entry) error) error {
	old, err := m.stillThere(p, found)
	if err != nil {
		return err
	}
	t, err := m.createTemp(p, true)
	if err != nil {
		return err
	}
	defer t.Close()
	err = place(t, old)
	m.do("discard", t.path, func() error {
		_ = unix.Unlinkat(int(t.Fd()), linkName, 0)
		return os.Remove(t.at)
	})
	if err != nil {
		return err
	}
	return m.syncDirectory(p)
}

// placeLink makes a link in an open temporary directory and renames it to its path.
func (m *Machine) placeLink(t temp, p anchored, old Entry, to string, want Meta) error {
	err := m.do("symlink", p.path, func() error { return unix.Symlinkat(to, int(t.Fd()), linkName) })
	if errors.Is(err, unix.ENAMETOOLONG) {
		return kind.NewProblem("target", kind.CodeNameTooLong, "The target is too long",
			"The target has %d bytes, and the file system of %s keeps no link to so long a path. Name a shorter one.", len(to), p.path)
	}
	if err != nil {
		return &os.LinkError{Op: "symlink", Old: to, New: p.path, Err: err}
	}
	if uid, gid := want.owner(-1, -1); uid >= 0 || gid >= 0 {
		err := m.do("chown", p.path, func() error { return unix.Fchownat(int(t.Fd()), linkName, uid, gid, unix.AT_SYMLINK_NOFOLLOW) })
		if err != nil {
			return &os.PathError{Op: "chown", Path: p.path, Err: err}
		}
	}
	unlock := m.lockDirectory(p)
	defer unlock()
	if _, err := m.stillThere(p, &old); err != nil {
		return err
	}
	made := anchored{path: path.Join(t.path, linkName), at: path.Join(t.at, linkName)}
	return m.replaceOld(temp{anchored: made}, p, old)
}
