package transport

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigevent is the struct of sigevent(3type), which has 64 bytes.
type sigevent struct {
	value         uintptr
	signal, means int32
	_             [13]int32
}

// newWaker returns a function that has the kernel send SIGCONT to this process when the time
// has passed, again and again, unless it is called anew before that. A process that runs
// takes no notice of that signal. One that was stopped goes on, and sees that its parent is
// gone: whoever could have killed it may be gone, too, or be not allowed to. It costs a
// system call now and then, and needs no other process: see timer_create(2).
func newWaker() func(time.Duration) {
	on := sigevent{signal: int32(syscall.SIGCONT)} // means is SIGEV_SIGNAL
	var timer int32
	_, _, failed := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&on)), uintptr(unsafe.Pointer(&timer)))
	if failed != 0 {
		return func(time.Duration) {}
	}
	return func(d time.Duration) {
		if d <= 0 {
			return
		}
		each := unix.NsecToTimespec(int64(d))
		at := unix.ItimerSpec{Interval: each, Value: each}
		_, _, _ = unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(timer), 0, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
	}
}
