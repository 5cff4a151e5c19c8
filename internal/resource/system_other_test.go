//go:build !linux

package resource_test

import (
	"syscall"
	"testing"
)

// Here nothing is mounted, and no process has a part of the kernel of its own: tests
// of that are left out.

func (testDir) bind(t *testing.T, _, _ string)      { t.Skip("only on Linux") }
func (testDir) tmpfs(t *testing.T, _ string)        { t.Skip("only on Linux") }
func (testDir) makeReadOnly(t *testing.T, _ string) { t.Skip("only on Linux") }

func mount(t *testing.T, _, _, _ string, _ uintptr, _ string) { t.Skip("only on Linux") }

func ownMounts() *syscall.SysProcAttr { return nil }
func ownKernel() *syscall.SysProcAttr { return nil }

func cover(t *testing.T, _ map[string]string) { t.Skip("only on Linux") }
