package resource

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// removeTree removes a directory and what is in it. It goes through an open
// directory, so that a link put in the way in the meantime leads nowhere else.
func (m *Machine) removeTree(ctx context.Context, p string) error {
	root, err := openRoot(p)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := m.nothingMounted(ctx, p, root); err != nil {
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
	return kind.NewProblem("path", kind.CodeBusy, "Something is made in the directory all the time",
		"%s was emptied %d times, and each time another program had put something into it before it could be removed. Stop that program first.", p, removeTries)
}

// removeTries is how often a directory is emptied while others write in it.
const removeTries = 4

// empty removes what is in an open directory. What other programs put there in the
// meantime is left for the next try.
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

// nothingMounted returns a problem if something is mounted below a directory:
// removing what is in a mount is never meant. It follows no link. On a system
// without a list of mounts it looks at each entry.
func (m *Machine) nothingMounted(ctx context.Context, p string, root *os.Root) error {
	at, err := m.mountedIn(p)
	switch {
	case at != "":
		return mountedProblem(p, at)
	case err == nil:
		return nil
	}
	top, err := root.Lstat(".")
	if err != nil {
		return err
	}
	return fs.WalkDir(root.FS(), ".", func(rel string, d fs.DirEntry, err error) error {
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
		mounted, err := mountedAt(root, rel, d.IsDir(), device(top))
		if absent(err) {
			return nil
		}
		if mounted {
			err = mountedProblem(p, path.Join(p, rel))
		}
		return err
	})
}

// mountedAt reports whether something is mounted at an entry. If the kernel cannot
// tell, a directory with another device number than the top counts as mounted. So
// does a subvolume of btrfs then, which is better left alone.
func mountedAt(root *os.Root, rel string, dir bool, top uint64) (bool, error) {
	n, err := openNodeIn(root, rel)
	if err != nil {
		return false, err
	}
	defer n.close()
	if is, known := n.isMountRoot(); known {
		return is, nil
	}
	if !dir {
		return false, nil
	}
	st, err := root.Lstat(rel)
	if err != nil {
		return false, err
	}
	return device(st) != top, nil
}

func device(st fs.FileInfo) uint64 {
	sys, _ := st.Sys().(*syscall.Stat_t)
	return uint64(sys.Dev)
}
