package resource

import (
	"context"
	"io/fs"
	"os"
	"syscall"

	"github.com/mitoplan/mitoplan/transport"
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
		transport.Advance(ctx)
		if err := m.do("remove", p+"/"+name, func() error { return root.RemoveAll(name) }); err != nil {
			return err
		}
	}
	return m.remove(p, nil)
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
		transport.Advance(ctx)
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
