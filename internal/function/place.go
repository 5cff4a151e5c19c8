package function

import (
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// place is where a path leads, with its directory held open. Whoever puts a link in the way
// meanwhile leads nowhere else.
type place struct {
	dir  *os.File // nil on a system that has no way to hold one open
	name string   // in the directory, or the whole path
	// leads is true if the name is a link on which only the kernel can go on, as /proc/self/exe.
	leads bool
}

// reach goes where a path leads. A link of another user leads to what that user owns, and
// nowhere else: see filesystem.Resolve.
func reach(p string, follow bool) (place, error) {
	to, err := filesystem.Resolve(p, follow, filesystem.Look)
	if err != nil {
		return place{}, err
	}
	dir, err := filesystem.OpenDirectory(path.Dir(to))
	if err != nil || dir == nil {
		return place{name: to}, err
	}
	l := place{dir: dir, name: path.Base(to)}
	target, err := l.target()
	l.leads = follow && err == nil && filesystem.OfKernel(to, target)
	return l, nil
}

func (l place) close() {
	if l.dir != nil {
		l.dir.Close()
	}
}

// in is the directory that the name is in, for the system.
func (l place) in() int {
	if l.dir == nil {
		return unix.AT_FDCWD
	}
	return int(l.dir.Fd())
}

func (l place) stat(st *unix.Stat_t) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if l.leads {
		flags = 0
	}
	return unix.Fstatat(l.in(), l.name, st, flags)
}

// target is where a link points.
func (l place) target() (string, error) {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(l.in(), l.name, b)
	return string(b[:max(n, 0)]), err
}

// open opens what is there, and waits for nobody to write.
func (l place) open(flags int) (int, error) {
	if !l.leads {
		flags |= unix.O_NOFOLLOW
	}
	return unix.Openat(l.in(), l.name, flags|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
}

// openDirectory opens a directory, to read what it holds.
func (l place) openDirectory() (*os.File, error) {
	fd, err := l.open(unix.O_RDONLY | unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), l.name), nil
}

// openDirectory opens the directory that a path leads to.
func openDirectory(p string) (*os.File, error) {
	l, err := reach(p, true)
	if err != nil {
		return nil, err
	}
	defer l.close()
	return l.openDirectory()
}
