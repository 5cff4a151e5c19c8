package resource

import (
	"errors"
	"os"
	"path"
	"strings"
)

// anchored is a path whose directory is held open. What is done at it is done in
// that directory, even if the owner of a part of the path puts a link in the way
// in the meantime. Machine.in makes one for each change and closes it afterwards.
type anchored struct {
	path string   // as people know it
	at   string   // the same, through the open directory
	dir  *os.File // nil on a system that has no /proc
}

// anchor opens the directory of a resolved path, and follows no link on the way.
func anchor(p string) (anchored, error) {
	dir, err := openFolder(path.Dir(p))
	if err != nil || dir == nil {
		return anchored{path: p, at: p}, err
	}
	return anchored{path: p, at: path.Join(through(dir), path.Base(p)), dir: dir}, nil
}

func (l anchored) close() {
	if l.dir != nil {
		l.dir.Close()
	}
}

// directory is a path that leads to the open directory.
func (l anchored) directory() string { return path.Dir(l.at) }

// beside is another name in the same directory. It must not be closed.
func (l anchored) beside(name string) anchored {
	return anchored{path: path.Join(path.Dir(l.path), name), at: path.Join(l.directory(), name)}
}

// named replaces the path through the open directory, in an error of the system,
// by the one that people know.
func (l anchored) named(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		p.Path = l.known(p.Path)
	}
	var k *os.LinkError
	if errors.As(err, &k) {
		k.Old, k.New = l.known(k.Old), l.known(k.New)
	}
	return err
}

func (l anchored) known(p string) string {
	if rest, ok := strings.CutPrefix(p, l.directory()); ok && l.dir != nil {
		return path.Join(path.Dir(l.path), rest)
	}
	return p
}

// in runs a change at a resolved path, with its directory held open.
func (m *Machine) in(p string, change func(anchored) error) error {
	at, err := anchor(p)
	if err != nil {
		return err
	}
	defer at.close()
	return at.named(change(at))
}

// openRoot opens a directory at a resolved path to work in.
func openRoot(p string) (*os.Root, error) {
	dir, err := openFolder(p)
	if err != nil {
		return nil, err
	}
	if dir == nil {
		return os.OpenRoot(p)
	}
	defer dir.Close()
	return os.OpenRoot(through(dir))
}
