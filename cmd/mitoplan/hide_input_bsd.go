//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package main

import "golang.org/x/sys/unix"

// The requests of ioctl(2) that read and set the mode of a terminal.
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// discardInput drops what has been typed at a terminal and not read, as tcflush(3) does.
func discardInput(fd int) error {
	const input = 1 // FREAD of tty(4)
	return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, input)
}
