package connect

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/creack/pty"

	"github.com/mitoplan/mitoplan/transport"
)

// terminal is a pseudo terminal on which a program asks for a password. It becomes the
// controlling terminal of the program. Frames never go through it.
type terminal struct {
	// master is our side. It is read to its end: closing it early would send SIGHUP to
	// the program. tty is the program's side.
	master, tty *os.File
	// onStdin means that the program gets the terminal as its stdin, stdout and stderr,
	// and its pipes as the descriptors 3, 4 and 5.
	onStdin bool
	// showed is told what is written to the terminal.
	showed func([]byte)
}

// openTerminal opens a pseudo terminal whose master can be read with deadlines.
func openTerminal() (*terminal, error) {
	master, tty, err := pty.Open()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		// The library leaves the master blocking: deadlines would do nothing
		// and Close would not wake a reader. Elsewhere non-blocking masters
		// spin, and closing the slave's last user ends the read.
		if err := syscall.SetNonblock(int(master.Fd()), true); err != nil {
			master.Close()
			tty.Close()
			return nil, err
		}
	}
	return &terminal{master: master, tty: tty}, nil
}

// noneLeft reports whether a terminal could not be opened because there are too many.
func noneLeft(err error) bool { return transport.Exhausted(err) || errors.Is(err, syscall.ENOSPC) }

// control makes the terminal the controlling one of a command whose stdin, stdout and
// stderr are set.
func (t *terminal) control(cmd *exec.Cmd) {
	cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 3
	cmd.ExtraFiles = []*os.File{t.tty}
	if t.onStdin {
		cmd.SysProcAttr.Ctty = 0
		cmd.ExtraFiles = []*os.File{cmd.Stdin.(*os.File), cmd.Stdout.(*os.File), cmd.Stderr.(*os.File)}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = t.tty, t.tty, t.tty
	}
}
