package resource

import (
	"context"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/transport"
)

// copyDir makes a directory with copies of what is in another, all with one owner
// and group. It gets its name when it is complete. If there is nothing to copy from,
// it is empty. Devices, pipes and sockets are not copied.
func (m *Machine) copyDir(ctx context.Context, from, to string, want Meta) error {
	return m.in(to, func(at anchored) error { return m.copyDirAt(ctx, from, at, want) })
}

func (m *Machine) copyDirAt(ctx context.Context, from string, p anchored, want Meta) error {
	t, err := m.createTemp(p, true)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.fillDir(ctx, t, from, p, want); err != nil {
		m.do("discard", t.path, func() error { return os.RemoveAll(t.at) })
		return turnedUp(p.path, err)
	}
	return m.syncDirectory(p)
}

func (m *Machine) fillDir(ctx context.Context, t temp, from string, p anchored, want Meta) error {
	to, err := newTree(t.at, p.path)
	if err != nil {
		return err
	}
	defer to.Close()
	c := dirCopy{m: m, ctx: ctx, to: to, uid: int(*want.UID), gid: int(*want.GID)}
	if err := c.inside(from, "."); err != nil {
		return to.named(err)
	}
	return m.finishDir(t, p, want)
}

// dirCopy is a copy of a directory on its way.
type dirCopy struct {
	m        *Machine
	ctx      context.Context
	to       *tree // by the path that it will have
	uid, gid int
}

// inside copies what is in a directory; rel is where it comes to.
func (c *dirCopy) inside(from, rel string) error {
	names, err := c.m.readDir(from)
	if rel == "." && filesystem.NotThere(err) {
		return nil
	}
	for _, name := range names {
		if err == nil {
			err = c.entry(path.Join(from, name), path.Join(rel, name))
		}
	}
	return err
}

func (c *dirCopy) entry(src, rel string) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	transport.Advance(c.ctx)
	e, err := c.m.lstat(src)
	if err != nil {
		return err
	}
	return c.m.do("copy", path.Join(c.to.path, rel), func() error {
		switch e.Type {
		case TypeLink:
			if err := c.to.Symlink(string(e.Target), rel); err != nil {
				return err
			}
			return c.to.Lchown(rel, c.uid, c.gid)
		case TypeDirectory:
			return c.directory(src, rel, e)
		case TypeFile:
			return c.file(src, rel, e)
		}
		return nil
	})
}

func (c *dirCopy) directory(src, rel string, e Entry) error {
	if err := c.to.Mkdir(rel, 0o700); err != nil {
		return err
	}
	if err := c.inside(src, rel); err != nil {
		return err
	}
	n, err := openNodeIn(c.to.Root, rel)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.chown(c.uid, c.gid); err != nil {
		return err
	}
	return n.chmod(uint32(e.Mode))
}

func (c *dirCopy) file(src, rel string, e Entry) error {
	from, err := openPlain(src)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := c.to.OpenFile(rel, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := io.Copy(to, &ctxReader{c.ctx, from}); err != nil {
		return err
	}
	if err := to.Chown(c.uid, c.gid); err != nil {
		return err
	}
	if err := copyAttributes(src, to); err != nil {
		return err
	}
	if err := unix.Fchmod(int(to.Fd()), uint32(e.Mode)); err != nil {
		return err
	}
	return to.Sync()
}
