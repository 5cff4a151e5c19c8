package resource

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// move renames a directory to a path at which nothing is, in one step. Both directories
// that it changes are held open.
func (m *Machine) move(from, to string, found *Entry) error {
	return m.in(from, func(at anchored) error {
		return m.in(to, func(dest anchored) error {
			if err := m.moveAt(at, dest, found); err != nil {
				return err
			}
			if err := m.syncDirectory(dest); err != nil {
				return err
			}
			return m.syncDirectory(at)
		})
	})
}

func (m *Machine) moveAt(at, dest anchored, found *Entry) error {
	unlock := m.lockDirectory(dest)
	defer unlock()
	if _, err := m.stillThere(at, found); err != nil {
		return err
	}
	err := m.do("move", at.path, func() error { return renameNew(at.at, dest.at) })
	if cannotKeep(err) {
		err = m.do("move", at.path, func() error { return m.renameToNothing(at, dest) })
	}
	if errors.Is(err, unix.EXDEV) {
		return kind.NewProblem("path", kind.CodeOtherFileSystem, "It would have to be copied",
			"%s and %s are not on one file system, or something is mounted in between, so that one cannot be renamed to the other. Copy what is there by hand, and look that all of it has arrived.", at.path, dest.path)
	}
	return turnedUp(dest.path, err)
}

// renameToNothing renames if nothing is at the new path. Only programs that do not ask for the
// lock of the directory can come in between.
func (m *Machine) renameToNothing(at, dest anchored) error {
	now, err := m.lstat(dest.at)
	if err != nil {
		return err
	}
	if now.Type != TypeAbsent {
		return fs.ErrExist
	}
	return os.Rename(at.at, dest.at)
}
