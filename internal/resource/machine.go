package resource

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/hostcache"
)

// Options change what a Machine does. The zero value is right outside tests.
type Options struct {
	// Fault is called before every step that changes something. If it returns an
	// error, the step is not done and fails with that error. Tests use it to show
	// that the next apply converges, wherever one is cut short.
	Fault func(op, path string) error
	// Mounts is the list of what is mounted; empty is that of this process.
	Mounts string
	// Cache is the directory in which something may be kept for the next agent. nil
	// is hostcache.Own.
	Cache func() hostcache.Dir
	// Now is the time; nil is time.Now.
	Now func() time.Time
	// Reads is called with the path of each file whose content is read. It may be nil.
	Reads func(path string)
}

// Machine reads and changes the machine that this process runs on, and knows of no
// plan. Both Hosts are built on it. An agent has one, which any goroutine may use.
type Machine struct {
	opts     Options
	accounts accounts
	turns    turns
	cache    func() hostcache.Dir
	digests  *hostcache.Digests

	mu sync.Mutex
	// session is that of the last request, and swept the directories that
	// it has swept.
	session string
	swept   map[string]bool
	// later are the directories below which what is new is synced by who makes it, all at once.
	later map[string]*laterSync
	// stuck are the directories whose lock another process does not release.
	stuck map[string]bool
}

// NewMachine returns the machine that this process runs on.
func NewMachine(o Options) *Machine {
	m := &Machine{opts: o, swept: map[string]bool{}, stuck: map[string]bool{}, cache: o.Cache}
	if m.cache == nil {
		m.cache = sync.OnceValue(hostcache.Own)
	}
	m.digests = hostcache.NewDigests(m.cache)
	return m
}

// Keep keeps what this machine has learned for the next agent. It is called when the
// process ends; what cannot be kept is not.
func (m *Machine) Keep() { _ = m.digests.Save() }

// do runs one step that changes something, unless Options.Fault forbids it.
func (m *Machine) do(op, path string, step func() error) error {
	if m.opts.Fault != nil {
		if err := m.opts.Fault(op, path); err != nil {
			return err
		}
	}
	return step()
}

func lstat(p string, st *unix.Stat_t) error {
	for {
		if err := unix.Lstat(p, st); err != unix.EINTR {
			return err
		}
	}
}

// lstat returns the Entry at a resolved path, without its content.
func (m *Machine) lstat(p string) (Entry, error) {
	var st unix.Stat_t
	if err := lstat(p, &st); err != nil {
		if filesystem.NotThere(err) {
			return Entry{Type: TypeAbsent}, nil
		}
		return Entry{}, &os.PathError{Op: "lstat", Path: p, Err: err}
	}
	e := Entry{Type: entryType(uint32(st.Mode)), Mode: int64(st.Mode) & 0o7777, Size: st.Size, stamp: stampFrom(&st)}
	if e.Type != TypeDirectory && st.Nlink > 1 {
		e.Names = int64(st.Nlink)
	}
	e.Owner, e.Group = m.identities(int64(st.Uid), int64(st.Gid))
	if e.Type == TypeLink {
		target, err := os.Readlink(p)
		if err != nil {
			return Entry{}, err
		}
		e.Target, e.Mode = textOf(target), 0
	}
	return e, nil
}

func (m *Machine) identities(uid, gid int64) (owner, group Identity) {
	owner, group = Identity{ID: uid}, Identity{ID: gid}
	if u, err := m.accounts.uid(uid); err == nil && u != nil {
		owner.Name = u.Name
	}
	if g, err := m.accounts.gid(gid); err == nil && g != nil {
		group.Name = g.Name
	}
	return owner, group
}

func (m *Machine) readDir(p string) ([]string, error) {
	f, err := os.OpenFile(p, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
