//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

func closeRangeOnExec() error { return errors.ErrUnsupported }

// ignoredSignals returns the signals that Go found ignored and left so.
func ignoredSignals() (ignored []os.Signal) {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			ignored = append(ignored, s)
		}
	}
	return ignored
}
