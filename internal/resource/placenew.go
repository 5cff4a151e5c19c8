package resource

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// placeNew renames a complete temporary file or directory to its name, if nothing
// has that name. Otherwise the error is fs.ErrExist, also for an empty directory,
// which rename(2) by itself would replace.
func (m *Machine) placeNew(t temp, p anchored) error {
	err := m.do("rename", p.path, func() error { return renameNew(t.at, p.at) })
	if !cannotKeep(err) {
		return err
	}
	return m.placeNewInSteps(t, p)
}

// placeNewInSteps does the same on a file system without such a rename. A file or a link
// gets a second name, which fails if something has it, and loses its first. A directory
// is made under its name and then gets the owner and mode of the complete one; until
// then only its owner can enter it.
func (m *Machine) placeNewInSteps(t temp, p anchored) error {
	var st unix.Stat_t
	if t.File != nil { // No link is open.
		if err := unix.Fstat(int(t.Fd()), &st); err != nil {
			return err
		}
	}
	if entryType(uint32(st.Mode)) != TypeDirectory {
		if err := m.do("link", p.path, func() error { return secondName(t.at, p.at) }); err != nil {
			return err
		}
		return m.do("unlink", t.path, func() error { return os.Remove(t.at) })
	}
	if err := m.do("mkdir", p.path, func() error { return os.Mkdir(p.at, 0o700) }); err != nil {
		return err
	}
	uid, gid, mode := int64(st.Uid), int64(st.Gid), int64(st.Mode)&0o7777
	if err := m.setMetaAt(p, nil, Meta{UID: &uid, GID: &gid, Mode: &mode}); err != nil {
		return err
	}
	return m.do("unlink", t.path, func() error { return os.Remove(t.at) })
}

// secondName gives a file or a link another name. It follows no link, as link(2) does on
// some systems.
func secondName(from, to string) error {
	if err := unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, to, 0); err != nil {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: err}
	}
	return nil
}

// cannotKeep reports whether a file system cannot rename without replacing what has the new name.
func cannotKeep(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP)
}

// turnedUp makes fs.ErrExist the problem that something came to the path since it
// was looked at. Other errors stay as they are.
func turnedUp(p string, err error) error {
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return kind.NewProblem("path", kind.CodeMoved, "Something appeared at the path",
		"%s did not exist when it was checked, and now it does. It was not changed. Plan again to see what it is.", p)
}
