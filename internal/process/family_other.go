//go:build !linux

package process

import (
	"os"
	"syscall"
)

// BecomeReaper does nothing here: orphans go to process 1.
func BecomeReaper() error { return nil }

// ownSession puts a program into a session and a process group of its own,
// without a terminal.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// awaitExit reaps too: not all of these systems can wait without that.
func awaitExit(p *os.Process) *os.ProcessState {
	st, _ := p.Wait()
	return st
}

// family reports the process group, as one.
func (r *running) family(report func(member)) {
	if syscall.Kill(-r.proc.Pid, 0) == nil {
		report(member{-r.proc.Pid, true})
	}
}

func adopt(int, string) {}
