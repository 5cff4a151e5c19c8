//go:build !linux

package process

import (
	"os"
	"syscall"
)

// BecomeReaper does nothing on this system: orphans become children of process 1.
func BecomeReaper() error { return nil }

// ownSession puts a program into a session and a process group of its own,
// without a terminal.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// awaitExit waits for a child and reaps it, because not all of these systems can wait
// without reaping.
func awaitExit(p *os.Process) *os.ProcessState {
	st, _ := p.Wait()
	return st
}

// family reports the process group as a single member.
func (r *running) family(report func(member)) {
	if syscall.Kill(-r.proc.Pid, 0) == nil {
		report(member{-r.proc.Pid, true})
	}
}

func adopt(int, string) {}
