package transport

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

func dupTo(from, to int) error {
	if err := unix.Dup3(from, to, 0); err != nil {
		return fmt.Errorf("descriptor %d: %w", to, err)
	}
	return nil
}

// empty reports whether nothing can be read from any of the pipes. It is raw because it
// never blocks: the Go runtime need not be told of it.
func (s *stdio) empty() bool {
	var fds [2]unix.PollFd
	for i, c := range s.captures {
		fds[i] = unix.PollFd{Fd: c.fd, Events: unix.POLLIN}
	}
	var never unix.Timespec
	n, _, failed := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), uintptr(len(fds)), uintptr(unsafe.Pointer(&never)), 0, 0, 0)
	return failed == 0 && n == 0
}
