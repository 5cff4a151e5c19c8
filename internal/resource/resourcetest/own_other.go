//go:build !linux

package resourcetest

import (
	"errors"
	"syscall"
)

// Here nothing is mounted, and no process has a part of the kernel of its own: tests
// of that are left out.

const bind, readOnly, private = 0, 0, 0

func mount(_, _, _ string, _ uintptr, _ string) error { return errors.ErrUnsupported }
func unmount(string) error                            { return errors.ErrUnsupported }
func ownMounts() *syscall.SysProcAttr                 { return nil }
func ownKernel() *syscall.SysProcAttr                 { return nil }
func ownMachine() *syscall.SysProcAttr                { return nil }
