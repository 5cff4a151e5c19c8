package resource

import (
	"context"
	"errors"
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
	for range removeTries {
		if err := m.empty(ctx, p, root); err != nil {
			return err
		}
		err := m.remove(p, nil)
		if !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
	}
	return problem("path", "busy", "Something is made in the directory all the time",
		"%s was emptied %d times, and each time another program had put something into it before it could be removed. Stop that program first.", p, removeTries)
}

// removeTries is how often a directory is emptied while others write in it.
const removeTries = 4

// empty removes what is in an open directory. What others put there meanwhile
// is left for the next time.
func (m *Machine) empty(ctx context.Context, p string, root *os.Root) error {
	names, err := namesIn(root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		err := m.do("remove", p+"/"+name, func() error { return root.RemoveAll(name) })
		if err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
	}
	return nil
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
		if absent(err) && rel != "." {
			return nil // It went meanwhile.
		}
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
