package resource

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// laterSync is what is new below a directory and is synced all at once, in the end.
type laterSync struct {
	actions int // that still write there
	// on has an open directory of each file system that something new is on, by its device.
	on map[uint64]*os.File
}

// syncLater has what is new below a directory not be synced one by one, until it is called
// with false. It does nothing where no call of the system waits for a whole file system.
func (m *Machine) syncLater(dir string, later bool) {
	if !syncsFS {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.later[dir]
	switch {
	case l == nil && !later:
	case l == nil:
		if m.later == nil {
			m.later = map[string]*laterSync{}
		}
		m.later[dir] = &laterSync{actions: 1, on: map[uint64]*os.File{}}
	case later:
		l.actions++
	default:
		if l.actions--; l.actions == 0 {
			l.close()
			delete(m.later, dir)
		}
	}
}

func (l *laterSync) close() {
	for _, f := range l.on {
		f.Close()
	}
}

// syncsLater reports whether somebody syncs all that is new in the directory of a path, and has
// them sync the file system of that directory.
func (m *Machine) syncsLater(p anchored) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for dir, l := range m.later {
		if strings.HasPrefix(p.path, dir+"/") && l.notes(p.directory()) {
			return true
		}
	}
	return false
}

// notes has the file system of a directory be synced. It reports false if the directory cannot be
// opened for that, as one that this user may write in and not read: what is in it is then synced
// by itself.
func (l *laterSync) notes(dir string) bool {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return false
	}
	if l.on[uint64(st.Dev)] != nil {
		return true
	}
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	l.on[uint64(st.Dev)] = f
	return true
}

// syncAll has everything on disk that was new below a directory, on whichever file system. That
// takes one turn to the disk for many files. Nothing else that is mounted there is touched.
func (m *Machine) syncAll(dir string) error {
	if !syncsFS {
		return nil
	}
	m.mu.Lock()
	var on []*os.File
	if l := m.later[dir]; l != nil {
		for _, f := range l.on {
			on = append(on, f)
		}
	}
	m.mu.Unlock()
	return m.do("sync all", dir, func() error {
		for _, f := range on {
			if err := syncFS(f); err != nil {
				return err
			}
		}
		return nil
	})
}
