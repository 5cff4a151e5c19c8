package resource

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// syncLater has what is new below a directory not be synced one by one, until it is called
// with false.
func (m *Machine) syncLater(dir string, later bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.later == nil {
		m.later = map[string]int{}
	}
	if later {
		m.later[dir]++
	} else if m.later[dir]--; m.later[dir] == 0 {
		delete(m.later, dir)
	}
}

// syncsLater reports whether somebody syncs all that is new in the directory of a path.
func (m *Machine) syncsLater(p string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for dir := range m.later {
		if strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

// syncAll has everything on disk that is on the file system of a directory. That takes one turn to
// the disk for many files.
func (m *Machine) syncAll(dir string) error {
	return m.do("sync all", dir, func() error {
		f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		return syncFS(f)
	})
}
