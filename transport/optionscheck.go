package transport

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// check says what is wrong with the options, in one sentence; nil if nothing is.
func (o Options) check() error {
	for _, d := range []struct {
		name string
		is   time.Duration
	}{
		{"HeartbeatInterval", o.HeartbeatInterval}, {"HeartbeatTimeout", o.HeartbeatTimeout},
		{"KillDelay", o.KillDelay}, {"ShutdownTimeout", o.ShutdownTimeout}, {"Starts", time.Duration(o.Starts)},
	} {
		if d.is < 0 {
			return fmt.Errorf("transport.Options.%s is below 0", d.name)
		}
	}
	full := o.filled()
	switch {
	case !utf8.ValidString(o.Name):
		return fmt.Errorf("transport.Options.Name is %q, which is not UTF-8", o.Name)
	case full.HeartbeatTimeout <= full.HeartbeatInterval:
		return fmt.Errorf("transport.Options.HeartbeatTimeout is %v, and has to be longer than Options.HeartbeatInterval, which is %v", full.HeartbeatTimeout, full.HeartbeatInterval)
	case o.MaxMessage != 0 && (o.MaxMessage < minMessage || o.MaxMessage > MaxMessage):
		return fmt.Errorf("transport.Options.MaxMessage is %d; it is from %d to %d bytes, or 0 for the most", o.MaxMessage, minMessage, MaxMessage)
	}
	return nil
}
