package crowd

import (
	"math/rand/v2"
	"time"
)

// Attempts is how often something is tried in all that is refused each time. All
// pauses together take about 10 s.
const Attempts = 10

// The bounds of a Pause.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 2 * time.Second
)

// Pause returns how long to wait after an attempt that was refused, the first of
// which is number 1. It grows twofold, up to 2 s. A part of it is chance, between a
// half and the whole, so that those who were refused together do not come back
// together.
func Pause(attempt int) time.Duration {
	d := mostPause
	if attempt < 6 {
		d = min(firstPause<<(attempt-1), mostPause)
	}
	return d/2 + rand.N(d/2)
}
