//go:build unix

package main

import (
	"os"
	"syscall"
)

// dumpSignals make the program say who waits for what, in every context.
var dumpSignals = []os.Signal{syscall.SIGUSR1}
