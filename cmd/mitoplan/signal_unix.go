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

// stopSignals stop or end a program that does not catch them: Ctrl-Z, Ctrl-\ and a
// terminal that goes away.
var stopSignals = []os.Signal{syscall.SIGTSTP, syscall.SIGQUIT, syscall.SIGHUP}

// obey stops or ends this process as a signal does that nobody catches. A program of Go
// that caught SIGTSTP once can no longer be stopped by it. SIGTTOU does exactly the same:
// neither stops a program that no shell could continue (signal(7), orphaned groups).
func obey(sig os.Signal) {
	if sig == syscall.SIGTSTP {
		sig = syscall.SIGTTOU
	}
	signal.Reset(sig)
	_ = syscall.Kill(syscall.Getpid(), sig.(syscall.Signal))
}

// resumeSignals are sent when a stopped program continues.
var resumeSignals = []os.Signal{syscall.SIGCONT}
