//go:build !linux

package transport

import "time"

// newWaker does nothing on this system: an agent that is stopped stays until its parent
// ends it.
func newWaker() func(time.Duration) { return func(time.Duration) {} }
