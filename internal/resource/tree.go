package resource

import (
	"context"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// removeTree removes a directory and what is in it. It goes through an open
// directory, so that a link put in the way meanwhile leads nowhere else.
func (m *Machine) removeTree(ctx context.Context, p string) error {
	if err := oneFileSystem(ctx, p); err != nil {
		return err
	}
	root, err := os.OpenRoot(p)
	if err != nil {
		return err
	}
	defer root.Close()
	names, err := m.readDir(p)
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

// oneFileSystem refuses a tree that something is mounted in.
func oneFileSystem(ctx context.Context, p string) error {
	var top unix.Stat_t
	if err := lstat(p, &top); err != nil {
		return &os.PathError{Op: "lstat", Path: p, Err: err}
	}
	return walk(ctx, p, func(rel string, st *unix.Stat_t) error {
		if st.Dev != top.Dev {
			return problem("path", "busy", "Something is mounted in the directory",
				"%s/%s is on another file system than %s. Unmount it first.", p, rel, p)
		}
		return nil
	})
}

// walk visits everything below a directory, without following links.
func walk(ctx context.Context, p string, visit func(rel string, st *unix.Stat_t) error) error {
	root, err := os.OpenRoot(p)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(rel string, d fs.DirEntry, err error) error {
		if err != nil || rel == "." {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var st unix.Stat_t
		if err := lstat(p+"/"+rel, &st); err != nil {
			if absent(err) {
				return nil
			}
			return &os.PathError{Op: "lstat", Path: p + "/" + rel, Err: err}
		}
		return visit(rel, &st)
	})
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
