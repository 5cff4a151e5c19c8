package main

import "golang.org/x/sys/unix"

// The requests of ioctl(2) that read and set the mode of a terminal.
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

// discardInput drops what has been typed at a terminal and not read, as tcflush(3) does.
func discardInput(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }
