//go:build unix

package process

import (
	"os"
	"os/signal"
	"strconv"

	"golang.org/x/sys/unix"
)

// KeepDescriptors keeps every open descriptor from 3 on from being inherited. This
// process may have been started with a lock or a socket of its parent by accident,
// which the programs that it starts must not get.
func KeepDescriptors() error {
	if closeRangeOnExec() == nil {
		return nil
	}
	return keepEach()
}

// keepEach marks the descriptors one by one. It is for kernels without close_range(2).
func keepEach() error {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return err
}

// DefaultSignals makes programs that this process starts begin with the default action
// of each signal. That includes signals that this process was started with as ignored,
// as under nohup. This process itself goes on ignoring them.
func DefaultSignals() {
	// execve(2) resets a signal that is caught, but not one that is ignored.
	if ignored := ignoredSignals(); len(ignored) > 0 {
		signal.Notify(make(chan os.Signal, 1), ignored...)
	}
}

// LeaveTerminal gives up the controlling terminal, if there is one: sudo passes its own
// to what it starts. Opening /dev/tty then fails at once with ENXIO. A session leader
// keeps its terminal, because giving it up would send SIGHUP to every process of the
// session.
func LeaveTerminal() error {
	sid, err := unix.Getsid(0)
	if err != nil || sid == os.Getpid() {
		return err
	}
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	return unix.IoctlSetInt(fd, unix.TIOCNOTTY, 0)
}
