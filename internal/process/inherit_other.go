//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

func closeRangeOnExec() error { return errors.ErrUnsupported }

// ignoredSignals are those that Go leaves ignored where it finds them so.
func ignoredSignals() (ignored []os.Signal) {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			ignored = append(ignored, s)
		}
	}
	return ignored
}

func lockThread() (unlock func()) { return func() {} }
