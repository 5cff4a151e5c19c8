package process

import (
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// ownSession puts a program into a session and a process group of its own,
// without a terminal, and ends it with the thread that started it.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// lockThread keeps the goroutine on its thread with no signal blocked. A program
// inherits the signal mask of the thread that starts it, and Go keeps the mask that the
// process was started with.
func lockThread() (unlock func()) {
	runtime.LockOSThread()
	var before unix.Sigset_t
	if unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, &before) != nil {
		return runtime.UnlockOSThread
	}
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}

// awaitExit blocks until a child has ended and does not reap it.
func awaitExit(p *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return nil
		}
	}
}

// adopted are orphans that programs left in the background. This process must reap them
// when they end.
var adopted struct {
	sync.Mutex
	pids map[int]bool
}

// adopt remembers the orphans of a program that ended. It also reaps earlier ones that
// have ended since.
func adopt(leader int, mark string) {
	kids := kin.Orphans(leader, mark)
	adopted.Lock()
	defer adopted.Unlock()
	if adopted.pids == nil {
		adopted.pids = map[int]bool{}
	}
	for _, pid := range kids {
		adopted.pids[pid] = true
	}
	for pid := range adopted.pids {
		if got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); got == pid || err == unix.ECHILD {
			delete(adopted.pids, pid)
		}
	}
}
