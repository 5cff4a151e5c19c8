package resource

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// The pattern of the names of things that are not complete yet.
const (
	tempPrefix = ".mitoplan-"
	tempSuffix = ".tmp"
)

// temp is a file or directory that is not complete yet. It is locked (flock(2)) as
// long as its agent works on it. One that is not locked is left from a run that was
// cut short, and sweep removes it. A link in such a directory has no open File.
type temp struct {
	*os.File
	anchored
}

// Close closes the file. The open directory belongs to whoever made the anchored
// path that it lies beside.
func (t temp) Close() error { return t.File.Close() }

// createTemp makes a temporary file or directory beside a path. It is locked, and
// only its owner may read it. Those that earlier runs left there are removed first.
func (m *Machine) createTemp(beside anchored, dir bool) (temp, error) {
	m.sweep(path.Dir(beside.path), beside.directory())
	var err error
	for range tempTries {
		p := beside.beside(TempName(rand.Text()[:16]))
		var f *os.File
		err = m.do("create", p.path, func() (err error) {
			f, err = openTemp(p.at, dir)
			return err
		})
		switch {
		case errors.Is(err, errSwept):
			continue
		case err != nil:
			return temp{}, err
		case held(f, p.at):
			return temp{f, p}, nil
		}
		f.Close()
		err = errSwept
	}
	return temp{}, err
}

// NewTemp makes a temporary file in a directory as an agent does, for who is none: it has such a
// name, is locked, and only its owner may read it.
func NewTemp(dir string) (*os.File, error) {
	for range tempTries {
		p := path.Join(dir, TempName(rand.Text()[:16]))
		f, err := openTemp(p, false)
		switch {
		case err != nil:
			return nil, err
		case held(f, p):
			return f, nil
		}
		f.Close()
	}
	return nil, errSwept
}

// tempTries is how often createTemp and NewTemp try again: another run that sweeps the same
// directory may remove a temporary file before it is locked.
const tempTries = 16

var errSwept = errors.New("another run removes temporary files as fast as they are made")

func openTemp(p string, dir bool) (*os.File, error) {
	if !dir {
		return os.OpenFile(p, os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	}
	if err := os.Mkdir(p, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errSwept
	case err != nil:
		os.Remove(p)
	}
	return f, err
}

// held locks an open file. It reports whether that worked and the file is still the one
// at its path. On a file system without locks, the file counts as locked.
func held(f *os.File, p string) bool {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return false
	}
	var open, there unix.Stat_t
	return unix.Fstat(int(f.Fd()), &open) == nil && lstat(p, &there) == nil &&
		open.Ino == there.Ino && open.Dev == there.Dev
}

// begin sets the session that writes from now on. Each session sweeps a directory once.
func (m *Machine) begin(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session != session {
		m.session, m.swept, m.stuck = session, map[string]bool{}, map[string]bool{}
	}
}

// sweep removes the temporary files that runs left in a directory when they were
// cut short. at is a path that leads to the directory.
func (m *Machine) sweep(dir, at string) {
	m.mu.Lock()
	done := m.swept[dir]
	m.swept[dir] = true
	m.mu.Unlock()
	if done {
		return
	}
	// The last part of at may be the system's own link to the open directory.
	names, _ := m.readDir(at + "/.")
	for _, name := range names {
		if Leftover(name) {
			m.removeLeftover(path.Join(dir, name), path.Join(at, name))
		}
	}
}

// TempName is the name of a temporary file, of which word tells it from others.
func TempName(word string) string { return tempPrefix + word + tempSuffix }

// Leftover reports whether a name is that of a temporary file of ours.
func Leftover(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

func (m *Machine) removeLeftover(p, at string) {
	f, err := os.OpenFile(at, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return
	}
	m.do("sweep", p, func() error { return os.RemoveAll(at) })
}
