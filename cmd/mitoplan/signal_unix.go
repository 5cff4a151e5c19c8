//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// dumpSignals make the program write which calls wait, and for what, in every context.
var dumpSignals = []os.Signal{syscall.SIGUSR1}

// survivePipes makes a write to a pipe without a reader return an error. Without it the
// signal would end this process in the middle of its work. The signal is caught and not
// ignored, because programs that are started inherit an ignored signal.
func survivePipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// resumeSignals are sent when a stopped program continues.
var resumeSignals = []os.Signal{syscall.SIGCONT}
