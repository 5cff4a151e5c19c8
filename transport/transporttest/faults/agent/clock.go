//go:build jumpingclock

package main

import (
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// init is for a program that is built with this tag, and with an overlay of package time in
// which the wall clock of Now is ahead by what FaultsJump adds. Its monotonic clock is as it
// was.
func init() { faults.Jumped = time.FaultsJump }
