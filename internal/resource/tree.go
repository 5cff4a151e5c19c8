package resource

import (
	"os"
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// tree is a directory that is held open, to work on what is in it. A link that
// somebody puts in the way in the meantime leads nowhere else. Whoever opens a tree
// closes it.
type tree struct {
	*os.Root
	path string // as people know it
}

// openTree opens a directory at a resolved path to work in.
func openTree(p string) (*tree, error) {
	dir, err := filesystem.OpenDirectory(p)
	if err != nil {
		return nil, err
	}
	if dir == nil {
		return newTree(p, p)
	}
	defer dir.Close()
	return newTree(filesystem.Through(dir), p)
}

// newTree opens the directory at a path, which people know by another.
func newTree(at, p string) (*tree, error) {
	root, err := os.OpenRoot(at)
	t := &tree{root, p}
	if err != nil {
		return nil, withPaths(err, func(name string) string { return moved(name, at, p) })
	}
	return t, nil
}

// named makes the paths that an error of the system names those that people know.
// Package os names what is in a Root by a path relative to it, or by one that begins
// with the name that the Root was opened by.
func (t *tree) named(err error) error {
	return withPaths(err, func(name string) string {
		if !path.IsAbs(name) {
			return path.Join(t.path, name)
		}
		return moved(name, t.Name(), t.path)
	})
}
