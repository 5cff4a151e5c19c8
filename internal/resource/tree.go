package resource

import (
	"context"
	"io/fs"
	"os"
	"syscall"
)

// removeTree removes a directory and what is in it. It goes through an open
// directory, so that a link put in the way meanwhile leads nowhere else.
func (m *Machine) removeTree(ctx context.Context, p string) error {
	root, err := openRoot(p)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := oneFileSystem(ctx, p, root); err != nil {
		return err
	}
	names, err := namesIn(root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := m.do("remove", p+"/"+name, func() error { return root.RemoveAll(name) }); err != nil {
			return err
		}
	}
	return m.remove(p)
}

func namesIn(root *os.Root) ([]string, error) {
	f, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// oneFileSystem refuses a tree that something is mounted in. It follows no
// link.
func oneFileSystem(ctx context.Context, p string, root *os.Root) error {
	top, err := root.Lstat(".")
	if err != nil {
		return err
	}
	return fs.WalkDir(root.FS(), ".", func(rel string, _ fs.DirEntry, err error) error {
		if err != nil || rel == "." {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		st, err := root.Lstat(rel)
		if err != nil {
			if absent(err) {
				return nil
			}
			return err
		}
		if device(st) != device(top) {
			return problem("path", "busy", "Something is mounted in the directory",
				"%s/%s is on another file system than %s. Unmount it first.", p, rel, p)
		}
		return nil
	})
}

func device(st fs.FileInfo) uint64 {
	sys, _ := st.Sys().(*syscall.Stat_t)
	return uint64(sys.Dev)
}

// setBelow changes what is below a directory, through that directory opened,
// so that a link put in the way meanwhile leads nowhere else.
func (m *Machine) setBelow(root *os.Root, dir, rel string, want Meta) error {
	p := dir + "/" + rel
	if want.UID != nil || want.GID != nil {
		uid, gid := -1, -1
		if want.UID != nil {
			uid = int(*want.UID)
		}
		if want.GID != nil {
			gid = int(*want.GID)
		}
		if err := m.do("chown", p, func() error { return root.Lchown(rel, uid, gid) }); err != nil {
			return err
		}
	}
	if want.Mode == nil {
		return nil
	}
	return m.do("chmod", p, func() error { return root.Chmod(rel, fileMode(*want.Mode)) })
}

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
