//go:build linux || darwin || freebsd

package transport

import "syscall"

// freeSpace is how many bytes of the file system of a directory are free for this
// user.
func freeSpace(dir string) int64 {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize)
}
