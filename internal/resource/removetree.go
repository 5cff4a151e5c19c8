package resource

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// removeTree removes a directory and what is in it. It goes through an open
// directory, so that a link put in the way in the meantime leads nowhere else.
func (m *Machine) removeTree(ctx context.Context, p string) error {
	t, err := openTree(p)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.nothingMounted(ctx, t); err != nil {
		return t.named(err)
	}
	for range removeTries {
		if err := m.empty(ctx, t); err != nil {
			return t.named(err)
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
func (m *Machine) empty(ctx context.Context, t *tree) error {
	names, err := namesIn(t.Root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		err := m.do("remove", t.path+"/"+name, func() error { return t.RemoveAll(name) })
		if err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
			return t.refusedBelow(name, err)
		}
	}
	return nil
}

// refusedBelow returns an error that names the directory to blame, if something
// below name could not be removed because a directory does not permit it. RemoveAll
// says no more than name. It looks at what is left, until it finds that directory.
func (t *tree) refusedBelow(name string, err error) error {
	if !errors.Is(err, syscall.EACCES) {
		return err
	}
	refused := err
	_ = fs.WalkDir(t.FS(), name, func(rel string, d fs.DirEntry, err error) error {
		if d == nil || !d.IsDir() {
			return nil
		}
		at := path.Join(t.path, rel)
		if err != nil || unix.Access(at, unix.W_OK|unix.X_OK) != nil {
			refused = &os.PathError{Op: filesystem.WriteIn, Path: at, Err: syscall.EACCES}
			return fs.SkipAll
		}
		return nil
	})
	return refused
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
func (m *Machine) nothingMounted(ctx context.Context, t *tree) error {
	at, err := m.mountedIn(t.path)
	switch {
	case at != "":
		return mountedProblem(t.path, at)
	case err == nil:
		return nil
	}
	top, err := t.Lstat(".")
	if err != nil {
		return err
	}
	return fs.WalkDir(t.FS(), ".", func(rel string, d fs.DirEntry, err error) error {
		if filesystem.NotThere(err) && rel != "." {
			return nil // It went meanwhile.
		}
		if err != nil || rel == "." {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		mounted, err := mountedAt(t.Root, rel, d.IsDir(), device(top))
		if filesystem.NotThere(err) {
			return nil
		}
		if mounted {
			err = mountedProblem(t.path, path.Join(t.path, rel))
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
