//go:build unix && !linux

package kin

import (
	"os"
	"syscall"
)

// Member is a living process that belongs to a program. A negative number stands for a
// process group.
type Member struct {
	PID   int
	Group bool // in the program's own group
}

// BecomeReaper does nothing on this system: orphans become children of process 1.
func BecomeReaper() error { return nil }

func executable() (string, error) { return os.Executable() }

func watcherSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// Family reports the process group as a single member.
func Family(leader, _ int, _ string, report func(Member)) {
	if leader > 1 && syscall.Kill(-leader, 0) == nil {
		report(Member{-leader, true})
	}
}

// ContinueAbove does nothing on this system.
func ContinueAbove() {}
