package transport

import (
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// saidAtOnce is how many entries of this process itself wait to be shown.
const saidAtOnce = 64

// debugAtOnce is how many wait if somebody wants to see what is logged for debugging. A start
// has about 20 of these.
const debugAtOnce = 1 << 14

// sayings are the entries of this process itself. A goroutine of their own shows
// them, so that neither a reader nor a start waits for a log.
type sayings struct {
	mail mailbox
	lost atomic.Int64 // entries that were not shown
}

// say logs an entry of this process itself, and returns at once.
func (x *exchange) say(level hclog.Level, what string, args ...any) {
	x.sayBy(x.log, level, what, args...)
}

// sayBy is say by a logger that was made of the one of this process.
func (x *exchange) sayBy(log hclog.Logger, level hclog.Level, what string, args ...any) {
	most := saidAtOnce
	if level <= hclog.Debug {
		most = debugAtOnce
	}
	lose := func() { x.said.lost.Add(1) }
	if x.said.mail.length() >= most {
		lose()
		return
	}
	x.said.mail.postEntry(func() { x.tellLost(); log.Log(level, what, args...) }, lose)
}

// tellLost logs how many entries of this process were not shown.
func (x *exchange) tellLost() {
	if n := x.said.lost.Swap(0); n > 0 {
		x.log.Warn("entries of this process dropped: the log did not take them", "count", n)
	}
}
