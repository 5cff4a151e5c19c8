//go:build unix

package process

import (
	"os"
	"os/signal"
	"strconv"

	"golang.org/x/sys/unix"
)

// KeepDescriptors makes every open descriptor from 3 on one that no program
// inherits: what this process was started with by accident, such as a lock or a
// socket of whoever started it, is not for what it starts.
func KeepDescriptors() error {
	if closeRangeOnExec() == nil {
		return nil
	}
	return keepEach()
}

// keepEach does it one by one.
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

// DefaultSignals gives programs that this process starts the default action of
// each signal, also of those that this process was started with as ignored, as
// under nohup. It goes on ignoring those itself.
func DefaultSignals() {
	// A signal that is caught is set back by execve(2), an ignored one is not.
	if ignored := ignoredSignals(); len(ignored) > 0 {
		signal.Notify(make(chan os.Signal, 1), ignored...)
	}
}

// LeaveTerminal lets go of the controlling terminal, if there is one: sudo
// gives its own to what it starts. What then opens /dev/tty gets ENXIO at once.
// A session leader keeps it, as giving it up would hang up on everybody.
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
