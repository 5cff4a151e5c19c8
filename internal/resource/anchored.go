package resource

import (
	"errors"
	"os"
	"path"
	"strings"
)

// anchored is a path whose folder is open: what is done there is done in that
// folder, though whoever owns a part of the path puts a link in the way
// meanwhile.
type anchored struct {
	path string   // as people know it
	at   string   // the same, through the open folder
	dir  *os.File // nil where the system has no such thing
}

// anchor opens the folder of a resolved path, through which no link leads.
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

// folder is the open folder, as a path.
func (l anchored) folder() string { return path.Dir(l.at) }

// beside is another name in the same folder.
func (l anchored) beside(name string) anchored {
	return anchored{path: path.Join(path.Dir(l.path), name), at: path.Join(l.folder(), name)}
}

// named puts the path that people know into an error of the system.
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
	if rest, ok := strings.CutPrefix(p, l.folder()); ok && l.dir != nil {
		return path.Join(path.Dir(l.path), rest)
	}
	return p
}

// in makes a change at a resolved path.
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
