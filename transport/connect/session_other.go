//go:build !linux

package connect

import "syscall"

// ownSession puts an agent into a session of its own.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
