package process

import (
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeRangeOnExec needs Linux 5.11.
func closeRangeOnExec() error {
	return unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}

// ignoredSignals returns the signals in SigIgn of proc_pid_status(5).
func ignoredSignals() (ignored []os.Signal) {
	b, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(b), "\nSigIgn:")
	line, _, _ := strings.Cut(rest, "\n")
	mask, _ := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	for s := syscall.Signal(1); s < 32; s++ {
		if mask&(1<<(s-1)) != 0 {
			ignored = append(ignored, s)
		}
	}
	return ignored
}
