package resource

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/transport"
)

// The one pattern of names for what is not complete yet.
const (
	tempPrefix = ".mitoplan-"
	tempSuffix = ".tmp"
)

// The permissions of new things that say nothing about them.
const (
	newFileMode = 0o644
	newDirMode  = 0o755
)

// temp is a file or directory that is not complete yet. It is locked for as
// long as someone works on it: one that is not is a leftover.
type temp struct {
	*os.File
	place
}

// Close closes the file; the folder belongs to the place beside it.
func (t temp) Close() error { return t.File.Close() }

// replace implements Writer.Replace on a resolved path. What is there has to
// be what was found there, and to stay it until the last moment.
func (m *Machine) replace(ctx context.Context, p string, found *Entry, f NewFile) error {
	return m.in(p, func(at place) error {
		if f.InPlace {
			return m.overwriteAt(ctx, at, found, f)
		}
		return m.replaceAt(ctx, at, found, f)
	})
}

func (m *Machine) replaceAt(ctx context.Context, p place, found *Entry, f NewFile) error {
	m.sweep(path.Dir(p.path), p.folder())
	old, err := m.stillThere(p, found)
	if err != nil {
		return err
	}
	t, err := m.createTemp(p, false)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.complete(ctx, t, p, old, f); err != nil {
		m.do("discard", t.path, func() error { return os.Remove(t.at) })
		return err
	}
	return m.syncFolder(p)
}

func (m *Machine) syncFolder(p place) error {
	return m.do("sync directory", path.Dir(p.path), func() error { return syncDir(p.folder()) })
}

// complete fills a temporary file and puts it in place.
func (m *Machine) complete(ctx context.Context, t temp, p place, old Entry, f NewFile) error {
	if err := m.fill(ctx, t, p, old, f); err != nil {
		return err
	}
	if err := m.dress(t, p, old, f.Meta); err != nil {
		return err
	}
	if err := m.do("sync", t.path, t.Sync); err != nil {
		return err
	}
	if f.Validate != nil {
		if err := f.Validate(ctx, t.path); err != nil {
			return err
		}
	}
	unlock := m.lockFolder(p)
	defer unlock()
	if _, err := m.stillThere(p, &old); err != nil {
		return err
	}
	if f.Backup != "" && old.Type != Absent && old.Type != Folder {
		keep := p.beside(path.Base(f.Backup)).at
		if err := m.do("backup", f.Backup, func() error { return os.Link(p.at, keep) }); err != nil {
			return err
		}
	}
	return m.putInPlace(t, p, old)
}

// stillThere returns what is at a path, and an error where that is not what was
// found there: somebody else was faster, and what they did would be lost.
func (m *Machine) stillThere(p place, found *Entry) (Entry, error) {
	now, err := m.lstat(p.at)
	if err == nil && found != nil && (now.Type != found.Type || now.Type != Folder && now.stamp != found.stamp) {
		err = notWhatWasFound(p.path)
	}
	return now, err
}

func (m *Machine) putInPlace(t temp, p place, old Entry) error {
	if old.Type == Folder {
		err := m.do("rmdir", p.path, func() error { return unix.Rmdir(p.at) })
		if err != nil {
			return &os.PathError{Op: "rmdir", Path: p.at, Err: err}
		}
	}
	if old.Type == Folder || old.Type == Absent {
		return turnedUp(p.path, m.putNew(t, p))
	}
	return m.do("rename", p.path, func() error { return os.Rename(t.at, p.at) })
}

func (m *Machine) fill(ctx context.Context, t temp, p place, old Entry, f NewFile) error {
	src := f.Content
	if src == nil {
		if old.Type != Plain {
			return nil
		}
		from, err := openPlain(p.at)
		if err != nil {
			return err
		}
		defer from.Close()
		src = from
	}
	return m.do("write", t.path, func() error {
		_, err := io.Copy(t.File, &ctxReader{ctx, src})
		return err
	})
}

// ctxReader ends a copy when its context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	transport.Advance(c.ctx)
	return c.r.Read(p)
}

// dress gives a new file its owner, attributes and permissions, in this order:
// a change of owner clears capabilities and set-user-ID.
func (m *Machine) dress(t temp, p place, old Entry, want Meta) error {
	keep := old.Type == Plain
	uid, gid, mode := -1, -1, int64(newFileMode)
	if keep {
		uid, gid, mode = int(old.Owner.ID), int(old.Group.ID), old.Mode
	}
	if want.UID != nil {
		uid = int(*want.UID)
	}
	if want.GID != nil {
		gid = int(*want.GID)
	}
	if want.Mode != nil {
		mode = *want.Mode
	}
	if err := m.do("chown", t.path, func() error { return chownIfNeeded(t.File, uid, gid) }); err != nil {
		return err
	}
	if keep {
		err := m.do("attributes", t.path, func() error { return copyAttributes(p.at, t.File) })
		if absent(err) {
			return notWhatWasFound(p.path)
		}
		if err != nil {
			return err
		}
	}
	return m.do("chmod", t.path, func() error { return unix.Fchmod(int(t.Fd()), uint32(mode)) })
}

func chownIfNeeded(f *os.File, uid, gid int) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if uid == int(st.Uid) {
		uid = -1
	}
	if gid == int(st.Gid) {
		gid = -1
	}
	if uid < 0 && gid < 0 {
		return nil
	}
	if err := f.Chown(uid, gid); err != nil {
		return err
	}
	return nil
}

// createTemp makes a locked temporary file or directory beside a path, that
// nobody else may read.
func (m *Machine) createTemp(beside place, folder bool) (temp, error) {
	var err error
	for range tempTries {
		p := beside.beside(tempPrefix + rand.Text()[:16] + tempSuffix)
		var f *os.File
		err = m.do("create", p.path, func() (err error) {
			f, err = openTemp(p.at, folder)
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

// tempTries is how often a temporary file may be taken for a leftover, by a
// run that sweeps the same folder, before it was locked.
const tempTries = 16

var errSwept = errors.New("another run removes temporary files as fast as they are made")

func openTemp(p string, folder bool) (*os.File, error) {
	if !folder {
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

// held locks an open file and reports whether it is still the one at its path.
// A file system without locks counts as locked.
func held(f *os.File, p string) bool {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return false
	}
	var open, there unix.Stat_t
	return unix.Fstat(int(f.Fd()), &open) == nil && lstat(p, &there) == nil &&
		open.Ino == there.Ino && open.Dev == there.Dev
}

// begin names the run that writes from now on; each looks through a folder for
// leftovers once.
func (m *Machine) begin(run string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.run != run {
		m.run, m.swept, m.stuck = run, map[string]bool{}, map[string]bool{}
	}
}

// sweep removes leftovers of runs that were cut short from a folder, which at
// leads to.
func (m *Machine) sweep(dir, at string) {
	m.mu.Lock()
	done := m.swept[dir]
	m.swept[dir] = true
	m.mu.Unlock()
	if done {
		return
	}
	// The last part of at may be the system's own link to the open folder.
	names, _ := m.readDir(at + "/.")
	for _, name := range names {
		if leftover(name) {
			m.removeLeftover(path.Join(dir, name), path.Join(at, name))
		}
	}
}

// leftover reports whether a name is one of something that is not complete.
func leftover(name string) bool {
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

// mkdir makes a directory with its owner and mode in one step.
func (m *Machine) mkdir(p string, want Meta) error {
	return m.in(p, func(at place) error { return m.mkdirAt(at, want) })
}

func (m *Machine) mkdirAt(p place, want Meta) error {
	m.sweep(path.Dir(p.path), p.folder())
	t, err := m.createTemp(p, true)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := m.finishDir(t, p, want); err != nil {
		m.do("discard", t.path, func() error { return os.Remove(t.at) })
		return err
	}
	return m.syncFolder(p)
}

func (m *Machine) finishDir(t temp, p place, want Meta) error {
	uid, gid, mode := -1, -1, int64(newDirMode)
	if want.UID != nil {
		uid = int(*want.UID)
	}
	if want.GID != nil {
		gid = int(*want.GID)
	}
	if want.Mode != nil {
		mode = *want.Mode
	} else {
		mode |= setgidOf(t.File)
	}
	if err := m.do("chown", t.path, func() error { return chownIfNeeded(t.File, uid, gid) }); err != nil {
		return err
	}
	if err := m.do("chmod", t.path, func() error { return unix.Fchmod(int(t.Fd()), uint32(mode)) }); err != nil {
		return err
	}
	return m.putNew(t, p)
}

// ensureDir makes a directory above another, unless there is one by now: of
// several actions that need it, one makes it.
func (m *Machine) ensureDir(p string) error {
	err := m.mkdir(p, Meta{})
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	there, err := m.lstat(p)
	if err == nil && there.Type != Folder {
		return turnedUp(p, fs.ErrExist)
	}
	return err
}

// setgidOf is the set-group-ID bit that a new directory has from the one
// above it.
func setgidOf(f *os.File) int64 {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return 0
	}
	return int64(st.Mode) & 0o2000
}

func (m *Machine) remove(p string, found *Entry) error {
	err := m.in(p, func(at place) error { return m.removeAt(at, found) })
	if absent(err) {
		return nil // Together with the folder that it was in.
	}
	return err
}

func (m *Machine) removeAt(p place, found *Entry) error {
	if found != nil {
		if now, err := m.stillThere(p, found); err != nil && now.Type != Absent {
			return err
		}
	}
	remove := func() error { return os.Remove(p.at) }
	err := m.do("remove", p.path, remove)
	if errors.Is(err, unix.ENOTEMPTY) {
		m.sweep(p.path, p.at)
		err = m.do("remove", p.path, remove)
	}
	if err != nil {
		return err
	}
	return m.syncFolder(p)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // Writable but not readable: what cannot be synced is still done.
		}
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
