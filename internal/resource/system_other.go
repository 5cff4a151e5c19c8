//go:build !linux

package resource

import (
	"os"

	"golang.org/x/sys/unix"
)

func immutable(string) bool { return false }

func chmodNoFollow(p string, mode uint32) error {
	err := unix.Fchmodat(unix.AT_FDCWD, p, mode, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return &os.PathError{Op: "chmod", Path: p, Err: err}
	}
	return nil
}

// openFolder opens nothing here: there is no way to reach an open directory by
// name.
func openFolder(string) (*os.File, error) { return nil, nil }

func through(dir *os.File) string { return dir.Name() }

func copyAttributes(string, *os.File) error { return nil }

func mtime(st *unix.Stat_t) unix.Timespec { return st.Mtim }
func ctime(st *unix.Stat_t) unix.Timespec { return st.Ctim }

// renameNew cannot tell here whether something has the new name.
func renameNew(from, to string) error {
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: unix.ENOTSUP}
}
