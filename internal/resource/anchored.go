package resource

import (
	"errors"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
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
	dir, err := filesystem.OpenDirectory(path.Dir(p))
	if err != nil || dir == nil {
		return anchored{path: p, at: p}, err
	}
	name := path.Base(p)
	if name == "/" {
		name = "." // The system's own link to the open directory is not followed.
	}
	return anchored{path: p, at: filesystem.Through(dir) + "/" + name, dir: dir}, nil
}

func (l anchored) close() {
	if l.dir != nil {
		l.dir.Close()
	}
}

// directory is a path that leads to the open directory.
func (l anchored) directory() string { return path.Dir(l.at) }

// statDirectory looks at the open directory itself.
func (l anchored) statDirectory() (unix.Stat_t, error) {
	var st unix.Stat_t
	if err := unix.Stat(l.directory(), &st); err != nil {
		return st, &os.PathError{Op: "stat", Path: l.directory(), Err: err}
	}
	return st, nil
}

// beside is another name in the same directory. It must not be closed.
func (l anchored) beside(name string) anchored {
	return anchored{path: path.Join(path.Dir(l.path), name), at: path.Join(l.directory(), name)}
}

// named replaces the path through the open directory, in an error of the system,
// by the one that people know.
func (l anchored) named(err error) error {
	if l.dir == nil {
		return err
	}
	return withPaths(err, func(p string) string { return moved(p, l.directory(), path.Dir(l.path)) })
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

// withPaths changes the paths that an error of the system names.
func withPaths(err error, known func(string) string) error {
	var p *os.PathError
	if errors.As(err, &p) {
		p.Path = known(p.Path)
	}
	var k *os.LinkError
	if errors.As(err, &k) {
		k.Old, k.New = known(k.Old), known(k.New)
	}
	return err
}

// moved returns a path at or below one directory as the same path below another, and
// every other path as it is.
func moved(p, from, to string) string {
	if rest, ok := strings.CutPrefix(p, from); ok && (rest == "" || rest[0] == '/') {
		return path.Join(to, rest)
	}
	return p
}
