//go:build !linux

package process

import "syscall"

// HideMemory keeps what this process holds in memory out of core files: none is
// written when it crashes. Programs that it starts inherit the limit.
func HideMemory() error {
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
