package resource

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// syncLater has what is new below a directory not be synced one by one, until it is called
// with false. It does nothing where no call of the system waits for a whole file system.
func (m *Machine) syncLater(dir string, later bool) {
	if !syncsFS {
		return
	}
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

// syncAll has everything on disk that is on the file system of a directory, and on those that are
// mounted below it. That takes one turn to the disk for many files.
func (m *Machine) syncAll(dir string) error {
	if !syncsFS {
		return nil
	}
	below, err := m.mountsBelow(dir)
	return m.do("sync all", dir, func() error {
		if err != nil { // Without a list of mounts no file system is told from another.
			unix.Sync()
			return nil
		}
		if err := syncFSOf(dir); err != nil {
			return err
		}
		for _, at := range below {
			// Where nothing can be opened, nothing was written.
			if err := syncFSOf(at.path); err != nil && !errors.Is(err, errNotOpened) {
				return err
			}
		}
		return nil
	})
}

// errNotOpened is that a directory could not be opened to sync its file system.
var errNotOpened = errors.New("it cannot be opened")

func syncFSOf(dir string) error {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_DIRECTORY, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotOpened, err)
	}
	defer f.Close()
	return syncFS(f)
}
