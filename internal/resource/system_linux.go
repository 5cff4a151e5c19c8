package resource

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// immutable reports whether the file has an attribute that no permission
// overcomes.
func immutable(p string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, p, unix.AT_SYMLINK_NOFOLLOW|unix.AT_STATX_DONT_SYNC, 0, &st)
	return err == nil && st.Attributes&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0
}

// target is one thing that is held open. What is done to it cannot reach something else
// that is put in its place. It may be a link.
type target struct{ f *os.File }

// nodeFlags open a thing to hold it, whatever it is.
const nodeFlags = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC

func openNode(p string) (target, error) {
	fd, err := unix.Open(p, nodeFlags, 0)
	if err != nil {
		return target{}, &os.PathError{Op: "open", Path: p, Err: err}
	}
	return target{os.NewFile(uintptr(fd), p)}, nil
}

// openNodeIn opens what is below a directory. No link leads out of it.
func openNodeIn(root *os.Root, rel string) (target, error) {
	f, err := root.OpenFile(rel, nodeFlags, 0)
	return target{f}, err
}

func (n target) close() { n.f.Close() }

func (n target) stat(st *unix.Stat_t) error { return n.named("stat", unix.Fstat(int(n.f.Fd()), st)) }

func (n target) chown(uid, gid int) error {
	return n.named("chown", unix.Fchownat(int(n.f.Fd()), "", uid, gid, unix.AT_EMPTY_PATH))
}

func (n target) chmod(mode uint32) error {
	return n.named("chmod", unix.Chmod(filesystem.Through(n.f), mode))
}

// at is a path that leads to it.
func (n target) at() string { return filesystem.Through(n.f) }

func (n target) named(op string, err error) error {
	if err != nil {
		return &os.PathError{Op: op, Path: n.f.Name(), Err: err}
	}
	return nil
}

// copyAttributes gives a new file the extended attributes of the one that it
// replaces: access lists, labels, capabilities. What only the system may set,
// it sets itself.
func copyAttributes(old string, to *os.File) error {
	names, err := attributeNames(old)
	if err != nil {
		return err
	}
	for _, name := range names {
		value, err := attribute(old, name)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err == nil {
			err = unix.Fsetxattr(int(to.Fd()), name, value, 0)
		}
		system := strings.HasPrefix(name, "security.") || strings.HasPrefix(name, "trusted.")
		if err != nil && !(system && (errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP))) {
			return &os.PathError{Op: "copy attribute " + name + " of", Path: old, Err: err}
		}
	}
	return nil
}

func attributeNames(p string) ([]string, error) {
	b, err := sized(func(buf []byte) (int, error) { return unix.Llistxattr(p, buf) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	if err != nil {
		return nil, &os.PathError{Op: "list attributes of", Path: p, Err: err}
	}
	return strings.FieldsFunc(string(b), func(r rune) bool { return r == 0 }), nil
}

func attribute(p, name string) ([]byte, error) {
	return sized(func(buf []byte) (int, error) { return unix.Lgetxattr(p, name, buf) })
}

func setAttribute(p, name string, value []byte) error { return unix.Setxattr(p, name, value, 0) }

func removeAttribute(p, name string) error { return unix.Removexattr(p, name) }

// sized reads something whose size has to be asked for first and may change meanwhile.
func sized(read func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := read(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		buf := make([]byte, n)
		n, err = read(buf)
		if errors.Is(err, unix.ERANGE) {
			continue
		}
		return buf[:max(n, 0)], err
	}
}

func mtime(st *unix.Stat_t) unix.Timespec { return st.Mtim }
func ctime(st *unix.Stat_t) unix.Timespec { return st.Ctim }

// renameNew renames, and fails with EEXIST if something has the new name. A file system
// that does not support this gives EINVAL.
func renameNew(from, to string) error {
	if err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// syncsFS is set where syncFS waits until all is on disk, as syncfs(2) does.
const syncsFS = true

// syncFS has all of the file system of an open directory on disk.
func syncFS(f *os.File) error {
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return &os.PathError{Op: "syncfs", Path: f.Name(), Err: err}
	}
	return nil
}
