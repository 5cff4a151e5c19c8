package resource

import (
	"context"
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// overwriteWith prepares the file and overwrites it; see overwrite.
func (m *Machine) overwriteWith(ctx context.Context, p anchored, found *Entry, f NewFile, kernel bool, write func(file *os.File, left int) error) error {
	file, err := openToWrite(p.at)
	if err != nil {
		return err
	}
	defer file.Close()
	unlock := m.lockDirectory(p)
	defer unlock()
	if err := m.mayOverwrite(file, p, found, f.AllNames, kernel); err != nil {
		return err
	}
	if f.Backup != "" {
		if err := m.copyBeside(ctx, p, path.Base(f.Backup)); err != nil {
			return err
		}
	}
	if !f.Meta.Empty() {
		if err := m.setMetaAt(p, nil, f.Meta); err != nil {
			return err
		}
	}
	return m.overwrite(file, p, f.Content.Size, kernel, write)
}

// openToWrite opens a file and nothing else, and leaves what it holds.
func openToWrite(p string) (*os.File, error) {
	return os.OpenFile(p, os.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

// mayOverwrite returns a problem if an open file is not the one that was looked at,
// or has other names that are not meant. Files of the kernel are not compared: they
// have no lasting numbers and times, and nobody can replace them.
func (m *Machine) mayOverwrite(file *os.File, p anchored, found *Entry, allNames, kernel bool) error {
	var is unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &is); err != nil {
		return &os.PathError{Op: "stat", Path: p.path, Err: err}
	}
	parent, err := p.statDirectory()
	if err != nil {
		return err
	}
	switch {
	case entryType(uint32(is.Mode)) != TypeFile, !kernel && found != nil && !found.is(&is):
		return notWhatWasFound(p.path)
	case !allNames && strangeName(int64(is.Nlink), int64(is.Uid), int64(parent.Uid), int64(parent.Mode)):
		return severalNames(p.path, int64(is.Nlink))
	}
	return nil
}

// overwrite writes the new content over the old one, and cuts off what is left.
// What is left are line ends, written together with the content: a reader, and
// whoever looks at a file after this was cut short there, finds the new content
// and blank lines, and never a line of the old content after it. Cut short within
// the write itself, by a kill or a loss of power, the file holds the beginning of
// the new content and the end of the old one, and so does one that was longer than
// Editable. The kernel takes a setting in one write of its own length.
//
// write is told how many line ends have to follow the content.
func (m *Machine) overwrite(file *os.File, p anchored, size int64, kernel bool, write func(file *os.File, left int) error) error {
	var was unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &was); err != nil {
		return &os.PathError{Op: "stat", Path: p.path, Err: err}
	}
	left := max(0, was.Size-size)
	if kernel || was.Size > Editable {
		left = 0
	}
	err := m.do("write in place", p.path, func() error { return write(file, int(left)) })
	if kernel {
		return refusedValue(p.path, p.named(err))
	}
	if err != nil {
		return err
	}
	if err := m.do("truncate", p.path, func() error { return file.Truncate(size) }); err != nil {
		return err
	}
	// Whoever writes into a file without being root takes these away; the owner
	// can give them back.
	if lent := uint32(was.Mode) & 0o6000; lent != 0 && os.Geteuid() == int(was.Uid) {
		if err := m.do("chmod", p.path, func() error { return unix.Fchmod(int(file.Fd()), uint32(was.Mode)&0o7777) }); err != nil {
			return err
		}
	}
	return m.do("sync", p.path, file.Sync)
}

// copyBeside keeps what a file holds under another name in its directory, with its
// owner, permissions and attributes: a second name of it would change with it.
func (m *Machine) copyBeside(ctx context.Context, p anchored, name string) error {
	old, err := m.lstat(p.at)
	if err != nil {
		return err
	}
	t, err := m.createTemp(p, false)
	if err != nil {
		return err
	}
	defer t.Close()
	err = m.fill(ctx, t, p, old, NewFile{})
	if err == nil {
		err = m.dressCopy(t, p, old)
	}
	if err == nil {
		err = m.do("sync", t.path, t.Sync)
	}
	if err == nil {
		err = m.placeNew(t, p.beside(name))
	}
	if err != nil {
		m.do("discard", t.path, func() error { return os.Remove(t.at) })
	}
	return err
}

// dressCopy gives a copy what the file has, as far as this user may: who is not
// the owner makes it theirs, and for nobody else to read.
func (m *Machine) dressCopy(t temp, p anchored, old Entry) error {
	if uid := os.Geteuid(); uid != 0 && int64(uid) != old.Owner.ID {
		return nil
	}
	return m.dress(t, p, old, Meta{})
}

// refusedValue makes an error of a write to a file of the kernel the problem that
// the kernel does not accept the value.
func refusedValue(p string, err error) error {
	for _, refused := range []error{unix.EINVAL, unix.ERANGE, unix.ENODEV, unix.EOPNOTSUPP, unix.E2BIG} {
		if errors.Is(err, refused) {
			return kind.NewProblem("content", kind.CodeRefusedValue, "The kernel does not accept this value",
				"Writing it to %s failed: %v. The setting was not changed. The documentation of the kernel says which values it accepts.", p, refused) // err names the path, too
		}
	}
	return err
}
