package resource

import (
	"errors"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// SameFile reports whether two entries are names of one file, as far as that is known.
func (e Entry) SameFile(o Entry) bool {
	return e.Type == TypeFile && o.Type == TypeFile && e.sameFile(o)
}

// isOne reports whether what is at two paths goes with either: it has one name in one directory,
// which is at two places or tells no letters in upper case from others, or it is mounted by itself.
// Another name of it, a hard link, would stay.
func isOne(lstat func(string) (Entry, error), a, b string) bool {
	is, err := lstat(a)
	other, failed := lstat(b)
	nameA, nameB := path.Base(a), path.Base(b)
	switch same := is.sameFile(other); {
	case err != nil || failed != nil || is.Type == TypeAbsent || other.Type == TypeAbsent:
		return false
	case same && (is.Type == TypeDirectory || is.Names < 2):
		return true
	case !same && nameA != nameB || !strings.EqualFold(nameA, nameB):
		return false
	}
	in, err := lstat(path.Dir(a))
	also, failed := lstat(path.Dir(b))
	return err == nil && failed == nil && in.sameFile(also)
}

// Number is that of a file on its file system, and 0 if it is not known.
func (e Entry) Number() uint64 { return e.stamp.ino }

// sameFile reports whether two entries that were read are one file or directory, at whichever
// paths.
func (e Entry) sameFile(o Entry) bool {
	return e.stamp.ino != 0 && e.stamp.dev == o.stamp.dev && e.stamp.ino == o.stamp.ino
}

// AnotherName is what a path has that is another name of a file at a resolved path.
func (e Entry) AnotherName(of string) Entry {
	e.Type, e.Names, e.stamp, e.SameAs = TypeFile, max(e.Names, 1)+1, stamp{}, textOf(of)
	return e
}

// OtherDevice reports whether two entries are known to be on different file systems.
func (e Entry) OtherDevice(o Entry) bool {
	return e.stamp != (stamp{}) && o.stamp != (stamp{}) && e.stamp.dev != o.stamp.dev
}

// hardLink gives a file another name in one step, if what is there is what was found. As
// with link, the name is made in a temporary directory first, since no link replaces
// anything by itself.
func (m *Machine) hardLink(p string, found *Entry, to string, file Entry) error {
	return m.in(p, func(at anchored) error {
		return m.throughDirectory(at, found, func(t temp, old Entry) error { return m.placeHardLink(t, at, old, to, file) })
	})
}

// placeHardLink makes the name in an open temporary directory and renames it to its path. If
// something else is at the path of the file by now, nothing is put in place.
func (m *Machine) placeHardLink(t temp, p anchored, old Entry, to string, file Entry) error {
	err := m.do("hard link", p.path, func() error { return unix.Linkat(unix.AT_FDCWD, to, int(t.Fd()), linkName, 0) })
	if errors.Is(err, unix.EXDEV) {
		return AcrossDevices(p.path, to)
	}
	if err != nil {
		return &os.LinkError{Op: "link", Old: to, New: p.path, Err: err}
	}
	made := anchored{path: path.Join(t.path, linkName), at: path.Join(t.at, linkName)}
	is, err := m.lstat(made.at)
	if err == nil && !is.SameFile(file) {
		err = notWhatWasFound(to)
	}
	if err != nil {
		return err
	}
	unlock := m.lockDirectory(p)
	defer unlock()
	if _, err := m.stillThere(p, &old); err != nil {
		return err
	}
	return m.replaceOld(temp{anchored: made}, p, old)
}

// AcrossDevices is the problem of a hard link to a file of another file system.
func AcrossDevices(p, to string) error {
	return kind.NewProblem("target", kind.CodeOtherDevice, "The file is on another file system",
		"A file has all its names on one file system, and %s is on another one than %s. Make a symbolic link: leave hard out. Or copy the file: the kind file has copy_from.", to, p)
}
