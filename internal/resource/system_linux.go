package resource

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// immutable reports whether the file has an attribute that no permission
// overcomes.
func immutable(p string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, p, unix.AT_SYMLINK_NOFOLLOW|unix.AT_STATX_DONT_SYNC, 0, &st)
	return err == nil && st.Attributes&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0
}

// chmodNoFollow changes the permissions of what is at a path and never of
// what a link there points to, though one be put there at this moment.
func chmodNoFollow(p string, mode uint32) error {
	fd, err := unix.Open(p, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: p, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return &os.PathError{Op: "stat", Path: p, Err: err}
	}
	if typeOf(st.Mode) == Link {
		return &os.PathError{Op: "chmod", Path: p, Err: unix.ELOOP}
	}
	if err := unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode); err != nil {
		return &os.PathError{Op: "chmod", Path: p, Err: err}
	}
	return nil
}

// openFolder opens a directory and follows no link on the way. It returns nil
// where there is no /proc to reach an open directory by name.
func openFolder(dir string) (*os.File, error) {
	if _, err := os.Lstat("/proc/self/fd"); err != nil {
		return nil, nil
	}
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Open("/", flags, 0)
	for _, part := range parts(dir) {
		if err != nil {
			break
		}
		var next int
		next, err = unix.Openat(fd, part, flags, 0)
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// through is a path that leads to an open directory, whatever its own leads to.
func through(dir *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) }

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

// sized reads something whose size has to be asked for first and may change
// meanwhile.
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

// renameNew renames, and fails with EEXIST where something has the new name.
// A file system that cannot tell gives EINVAL.
func renameNew(from, to string) error {
	if err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
