package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// hideInput stops a terminal from showing what is typed, until restore is called.
// Lines can still be edited, and keys such as Ctrl-C do what they always do. See
// termios(4) and stty(1), -echo.
func hideInput(f *os.File) (restore func() error, err error) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO | unix.ECHONL
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return func() error { return unix.IoctlSetTermios(fd, setTermios, before) }, nil
}

// hideInput is what a Screen calls. A program in the background leaves the terminal as
// it is: it is not its own then, and the system would stop it (SIGTTOU, termios(3)).
func (t *terminal) hideInput() (restore func()) {
	if !t.foreground() {
		return nil
	}
	show, err := hideInput(t.file)
	if err != nil {
		return nil
	}
	return func() {
		if t.foreground() {
			_ = show() // nobody is left to tell
		}
	}
}

// foreground reports whether the terminal listens to this program and not to another.
func (t *terminal) foreground() bool {
	group, err := unix.IoctlGetInt(int(t.file.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp() // an error: it controls no process here
}
