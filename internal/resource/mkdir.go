package resource

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// The permissions of new things that say nothing about them.
const (
	newFileMode = 0o644
	newDirMode  = 0o755
)

// mkdir makes a directory with its owner and mode in one step.
func (m *Machine) mkdir(p string, want Meta) error {
	return m.in(p, func(at anchored) error { return m.mkdirAt(at, want) })
}

func (m *Machine) mkdirAt(p anchored, want Meta) error {
	t, err := m.createTemp(p, true)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.finishDir(t, p, want); err != nil {
		m.do("discard", t.path, func() error { return os.Remove(t.at) })
		return err
	}
	return m.syncDirectory(p)
}

func (m *Machine) finishDir(t temp, p anchored, want Meta) error {
	uid, gid := want.owner(-1, -1)
	mode := int64(newDirMode)
	if want.Mode != nil {
		mode = *want.Mode
	} else {
		mode |= setgidOf(t.File)
	}
	if err := m.do("chown", t.path, func() error { return chownIfNeeded(t.File, uid, gid) }); err != nil {
		return err
	}
	if err := m.do("chmod", t.path, func() error { return unix.Fchmod(int(t.Fd()), uint32(mode)) }); err != nil {
		return err
	}
	return m.placeNew(t, p)
}

// ensureDir makes a missing directory above another. Several actions may need it;
// the first makes it, and the others find it.
func (m *Machine) ensureDir(p string) error {
	err := m.mkdir(p, Meta{})
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	there, err := m.lstat(p)
	if err == nil && there.Type != TypeDirectory {
		return turnedUp(p, fs.ErrExist)
	}
	return err
}

// setgidOf is the set-group-ID bit that a new directory has from the one
// above it.
func setgidOf(f *os.File) int64 {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return 0
	}
	return int64(st.Mode) & 0o2000
}
