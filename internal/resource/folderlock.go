package resource

import (
	"errors"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// folderWait is how long to wait for another agent that puts a file in place in the
// same directory. That takes microseconds. But any user who may read a directory can
// hold its lock for ever, so the wait is bounded and the lock optional.
const folderWait = 100 * time.Millisecond

// lockFolder keeps other agents from putting a file in place in a directory until
// unlock is called, so that none does between the last look at what is there and the
// rename. If the lock cannot be had, the look alone has to do.
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

// waitFolder waits for the lock of a directory. Once a wait has ended in vain, it
// does not wait for that directory again in this run.
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
