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
	if err := checkTypes(o.Connectors); err != nil {
		return fmt.Errorf("transport.Options.Connectors: %w", err)
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

// checkTypes says what is wrong with a list of connector types. Of two with one Kind, one
// would never be used.
func checkTypes(types []ConnectorType) error {
	kinds := map[string]bool{}
	for i, c := range types {
		switch {
		case c.Kind == "" || c.New == nil:
			return fmt.Errorf("connector type %d of the list has no Kind or no New", i+1)
		case kinds[c.Kind]:
			return fmt.Errorf("two connector types have the Kind %q", c.Kind)
		}
		kinds[c.Kind] = true
	}
	return nil
}
