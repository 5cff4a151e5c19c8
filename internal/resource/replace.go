package resource

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// replace implements Writer.Replace on a resolved path. It fails with the code
// "moved" if what is there is not what was found, up to the rename itself.
func (m *Machine) replace(ctx context.Context, p string, found *Entry, f NewFile) error {
	done, err := m.contentTurn(ctx, f.Content)
	if err != nil {
		return err
	}
	defer done()
	err = m.in(p, func(at anchored) error {
		if f.InPlace {
			return m.overwriteAt(ctx, at, found, f)
		}
		return m.replaceAt(ctx, at, found, f)
	})
	if err == nil {
		m.placed(p, f.Content)
	}
	return err
}

func (m *Machine) replaceAt(ctx context.Context, p anchored, found *Entry, f NewFile) error {
	old, err := m.stillThere(p, found)
	if err != nil {
		return err
	}
	if f.New && old.Type != TypeAbsent {
		return turnedUp(p.path, fs.ErrExist)
	}
	t, err := m.createTemp(p, false)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.complete(ctx, t, p, old, f); err != nil {
		m.do("discard", t.path, func() error { return os.Remove(t.at) })
		return err
	}
	return m.syncDirectory(p)
}

func (m *Machine) syncDirectory(p anchored) error {
	if m.syncsLater(p) {
		return nil
	}
	return m.do("sync directory", path.Dir(p.path), func() error { return syncDir(p.directory()) })
}

// complete fills a temporary file and puts it in place.
func (m *Machine) complete(ctx context.Context, t temp, p anchored, old Entry, f NewFile) error {
	if err := m.fill(ctx, t, p, old, f); err != nil {
		return err
	}
	if err := m.dress(t, p, old, f.Meta); err != nil {
		return err
	}
	if old.Type != TypeAbsent || !m.syncsLater(p) {
		if err := m.do("sync", t.path, t.Sync); err != nil {
			return err
		}
	}
	if f.Validate != nil {
		if err := f.Validate(ctx, t.path); err != nil {
			return err
		}
	}
	unlock := m.lockDirectory(p)
	defer unlock()
	if _, err := m.stillThere(p, &old); err != nil {
		return err
	}
	if f.Backup != "" && old.Type != TypeAbsent && old.Type != TypeDirectory {
		keep := p.beside(path.Base(f.Backup)).at
		if err := m.do("backup", f.Backup, func() error { return os.Link(p.at, keep) }); err != nil {
			return err
		}
	}
	return m.replaceOld(t, p, old)
}

// stillThere returns what is at a path, and a problem if that is not what was
// found: another program has changed it since, and that would be lost.
func (m *Machine) stillThere(p anchored, found *Entry) (Entry, error) {
	now, err := m.lstat(p.at)
	if err == nil && found != nil && (now.Type != found.Type || now.Type != TypeDirectory && now.stamp != found.stamp) {
		err = notWhatWasFound(p.path)
	}
	return now, err
}

func (m *Machine) replaceOld(t temp, p anchored, old Entry) error {
	if old.Type == TypeDirectory {
		err := m.do("rmdir", p.path, func() error { return unix.Rmdir(p.at) })
		if err != nil {
			return &os.PathError{Op: "rmdir", Path: p.at, Err: err}
		}
	}
	if old.Type == TypeDirectory || old.Type == TypeAbsent {
		return turnedUp(p.path, m.placeNew(t, p))
	}
	return m.do("rename", p.path, func() error { return os.Rename(t.at, p.at) })
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // Writable but not readable: what cannot be synced is still done.
		}
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
