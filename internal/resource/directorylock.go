package resource

import (
	"context"
	"errors"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// directoryWait is how long to wait for another agent that puts a file in place in the
// same directory. That takes microseconds. But any user who may read a directory can
// hold its lock for ever, so the wait is bounded and the lock optional.
const directoryWait = 100 * time.Millisecond

// programWait is how long to wait for another agent that has a program at work in a directory. As
// with directoryWait, any user who may read the directory can hold its lock for ever.
const programWait = 2 * time.Second

// HoldDirectory keeps other agents from having a program at work in a directory, if that program
// has no lock of its own, until release is called. Whoever plans anew after it sees what they left.
// If the lock cannot be had, nothing is held.
func HoldDirectory(ctx context.Context, dir string) (release func()) {
	f, err := os.OpenFile(dir, unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return func() {}
	}
	taken, err := poll(ctx, f, time.Millisecond, programWait, func() bool { return false }, func() error { return nil })
	if err != nil || !taken {
		f.Close()
		return func() {}
	}
	return func() { f.Close() }
}

// lockDirectory keeps other agents from putting a file in place in a directory until
// unlock is called, so that none does between the last look at what is there and the
// rename. If the lock cannot be had, the look alone has to do.
func (m *Machine) lockDirectory(p anchored) (unlock func()) {
	dir := path.Dir(p.path)
	f, err := os.Open(p.directory() + "/.")
	if err != nil {
		return func() {}
	}
	if !m.waitDirectory(f, dir) {
		f.Close()
		return func() {}
	}
	return func() { f.Close() }
}

// waitDirectory waits for the lock of a directory. Once a wait has ended in vain, it
// does not wait for that directory again in this run.
func (m *Machine) waitDirectory(f *os.File, dir string) bool {
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
		case time.Since(began) > directoryWait:
			m.mu.Lock()
			defer m.mu.Unlock()
			m.stuck[dir] = true
			return false
		default:
			time.Sleep(time.Millisecond)
		}
	}
}
