//go:build !linux

package connect

import "syscall"

// ownSession puts an agent into a session of its own.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// clientSession is that of a program which is no agent and has none below it.
func clientSession() *syscall.SysProcAttr { return ownSession() }
