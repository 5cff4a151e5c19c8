package filesystem

import (
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenDirectory opens a directory and follows no link on the way, but those by which the
// kernel leads to what a process has open. It returns nil if there is no /proc to reach an
// open directory by name.
func OpenDirectory(dir string) (*os.File, error) {
	if _, err := os.Lstat("/proc/self/fd"); err != nil {
		return nil, nil
	}
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	fd, err := unix.Open("/", flags, 0)
	for _, part := range parts(dir) {
		if err != nil {
			break
		}
		var next int
		next, err = unix.Openat(fd, part, flags|unix.O_NOFOLLOW, 0)
		if err == unix.ENOTDIR && inProc(fd) {
			next, err = unix.Openat(fd, part, flags, 0)
		}
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// Through is a path that leads to an open directory, whatever its own leads to.
func Through(dir *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) }

// OfKernel reports whether a link, which points to a target, is one of those in /proc whose
// targets are names for people: they lead to what a process has open, to its directories and to
// its program. Only the kernel can follow them.
func OfKernel(link, target string) bool {
	if !strings.HasPrefix(target, "/") && !strings.Contains(target, ":") {
		return false
	}
	var st unix.Statfs_t
	return unix.Statfs(path.Dir(link), &st) == nil && st.Type == unix.PROC_SUPER_MAGIC
}

func inProc(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type == unix.PROC_SUPER_MAGIC
}
