package process

import (
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// closeRangeOnExec needs Linux 5.11.
func closeRangeOnExec() error {
	return unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}

// ignoredSignals returns the signals that this process ignores, as SigIgn of
// proc_pid_status(5) does. To read that file takes longer: the kernel prints all of it.
func ignoredSignals() (ignored []os.Signal) {
	const ignore = 1 // SIG_IGN
	// The kernel's struct of sigaction(2) begins with the handler, and its set of signals
	// has 8 bytes. That of mips begins with the flags, and its set has 16.
	handler, set := 0, uintptr(8)
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		handler, set = 1, 16
	}
	var action [16]uintptr
	for s := syscall.Signal(1); s < 32; s++ {
		_, _, failed := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&action)), set, 0, 0)
		if failed == 0 && action[handler] == ignore {
			ignored = append(ignored, s)
		}
	}
	return ignored
}
