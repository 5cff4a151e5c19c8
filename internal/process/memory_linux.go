package process

import "golang.org/x/sys/unix"

// HideMemory keeps what this process holds in memory to itself: no core file
// is written when it crashes, and another process of the same user can neither
// attach to it nor read its memory and environment through /proc. Programs that
// it starts are not affected: execve(2) gives each its own setting. See
// PR_SET_DUMPABLE in prctl(2).
func HideMemory() error {
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
