//go:build !unix

package transport

import (
	"errors"
	"os"
)

var errHungUp = errors.New("hung up")

// hangups tells nothing here: there is no such signal.
func (a *agent) hangups() (got <-chan os.Signal, stop func()) { return nil, func() {} }

// dumpOnSignal does nothing here: there is no such signal.
func (a *agent) dumpOnSignal(*Broker, *engine) (stop func()) { return func() {} }
