package resource

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

func (m *Machine) remove(p string, found *Entry) error {
	err := m.in(p, func(at anchored) error { return m.removeAt(at, found) })
	if filesystem.NotThere(err) {
		return nil // Together with the directory that it was in.
	}
	return err
}

func (m *Machine) removeAt(p anchored, found *Entry) error {
	if found != nil {
		if now, err := m.stillThere(p, found); err != nil && now.Type != TypeAbsent {
			return err
		}
	}
	remove := func() error { return os.Remove(p.at) }
	err := m.do("remove", p.path, remove)
	if errors.Is(err, unix.ENOTEMPTY) {
		m.sweep(p.path, p.at)
		err = m.do("remove", p.path, remove)
	}
	if err != nil {
		return err
	}
	return m.syncDirectory(p)
}

// setAside renames what is at a path, within its directory, if it is what was
// found there. It removes something and keeps a backup in one step.
func (m *Machine) setAside(p string, found *Entry, name string) error {
	return m.in(p, func(at anchored) error { return m.setAsideAt(at, found, name) })
}

func (m *Machine) setAsideAt(p anchored, found *Entry, name string) error {
	unlock := m.lockDirectory(p)
	defer unlock()
	now, err := m.stillThere(p, found)
	if now.Type == TypeAbsent {
		return nil
	}
	if err != nil {
		return err
	}
	to := p.beside(path.Base(name))
	err = m.do("backup", to.path, func() error { return renameNew(p.at, to.at) })
	if cannotKeep(err) {
		err = m.do("backup", to.path, func() error { return os.Rename(p.at, to.at) })
	}
	if err != nil {
		return err
	}
	return m.syncDirectory(p)
}

// putBack renames a backup over the file at a path, if that is what was found there.
func (m *Machine) putBack(p string, found *Entry, backup string) error {
	return m.in(p, func(at anchored) error {
		unlock := m.lockDirectory(at)
		defer unlock()
		if _, err := m.stillThere(at, found); err != nil {
			return err
		}
		from := at.beside(path.Base(backup))
		if err := m.do("put back", p, func() error { return os.Rename(from.at, at.at) }); err != nil {
			return err
		}
		return m.syncDirectory(at)
	})
}
