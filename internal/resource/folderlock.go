package resource

import (
	"errors"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// folderWait is how long another agent is waited for that puts something in
// place in the same folder. It needs microseconds. Whoever may read a folder
// can hold its lock for ever, so that nothing may hang on it.
const folderWait = 100 * time.Millisecond

// lockFolder keeps other agents from putting something in place in a folder,
// until unlock is called: between the last look at what is there and the
// rename nothing comes in between. Where the lock cannot be had, the look alone
// has to do.
func (m *Machine) lockFolder(p anchored) (unlock func()) {
	dir := path.Dir(p.path)
	f, err := os.Open(p.folder() + "/.")
	if err != nil {
		return func() {}
	}
	if !m.waitFolder(f, dir) {
		f.Close()
		return func() {}
	}
	return func() { f.Close() }
}

// waitFolder waits for the lock of a folder, but once only for one that
// somebody does not let go.
func (m *Machine) waitFolder(f *os.File, dir string) bool {
	m.mu.Lock()
	stuck := m.stuck[dir]
	m.mu.Unlock()
	began := time.Now()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return true
		case errors.Is(err, unix.EINTR):
		case !errors.Is(err, unix.EWOULDBLOCK) || stuck:
			return false
		case time.Since(began) > folderWait:
			m.mu.Lock()
			defer m.mu.Unlock()
			m.stuck[dir] = true
			return false
		default:
			time.Sleep(time.Millisecond)
		}
	}
}
