//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// dumpSignals make the program say who waits for what, in every context.
var dumpSignals = []os.Signal{syscall.SIGUSR1}

// survivePipes makes the end of a pipe that is written to a failure of the write,
// not the end of this process in the middle of its work. The signal is caught and
// not ignored: programs that are started would inherit that.
func survivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// resumeSignals are sent when a program that was stopped goes on.
var resumeSignals = []os.Signal{syscall.SIGCONT}
