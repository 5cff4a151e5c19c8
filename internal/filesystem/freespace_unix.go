//go:build linux || darwin || freebsd

package filesystem

import (
	"os"
	"syscall"
)

// FreeSpace is how many bytes the file system of a file has, and how many are free for this user.
// ok is false if that is not known.
func FreeSpace(f *os.File) (size, free int64, ok bool) {
	var s syscall.Statfs_t
	if syscall.Fstatfs(int(f.Fd()), &s) != nil {
		return 0, 0, false
	}
	return int64(s.Blocks) * int64(s.Bsize), int64(s.Bavail) * int64(s.Bsize), true
}
