//go:build !linux

package resource

import (
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

func immutable(string) bool { return false }

// target is one thing in an open directory, by its name: nothing here holds the
// thing itself.
type target struct {
	root *os.Root
	name string
	own  bool // the directory is closed with it
}

func openNode(p string) (target, error) {
	root, err := os.OpenRoot(path.Dir(p))
	return target{root, path.Base(p), true}, err
}

func openNodeIn(root *os.Root, rel string) (target, error) { return target{root, rel, false}, nil }

func (n target) close() {
	if n.own {
		n.root.Close()
	}
}

func (n target) stat(st *unix.Stat_t) error {
	return lstat(path.Join(n.root.Name(), n.name), st)
}

func (n target) chown(uid, gid int) error { return n.root.Lchown(n.name, uid, gid) }

func (n target) chmod(mode uint32) error { return n.root.Chmod(n.name, fileMode(int64(mode))) }

// at is a path that leads to it.
func (n target) at() string { return path.Join(n.root.Name(), n.name) }

func attribute(string, string) ([]byte, error) { return nil, unix.ENOTSUP }

func setAttribute(string, string, []byte) error { return unix.ENOTSUP }

func removeAttribute(string, string) error { return unix.ENOTSUP }

// fileMode turns permission bits of the system into those of package fs.
func fileMode(bits int64) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for _, b := range []struct {
		bit  int64
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if bits&b.bit != 0 {
			mode |= b.mode
		}
	}
	return mode
}

func copyAttributes(string, *os.File) error { return nil }

func mtime(st *unix.Stat_t) unix.Timespec { return st.Mtim }
func ctime(st *unix.Stat_t) unix.Timespec { return st.Ctim }

// renameNew cannot tell here whether something has the new name.
func renameNew(from, to string) error {
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: unix.ENOTSUP}
}

// syncsFS is not set, as sync(2) need not wait, and nothing else is for a whole file system.
const syncsFS = false

func syncFS(*os.File) error { return nil }
