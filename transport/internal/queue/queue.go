// Package queue says how much may wait in the queues of package transport.
//
// It is a seam for tests. With queues that hold next to nothing every producer
// has to wait, so that deadlocks which ample queues hide come out at once. No
// program can import the package; transporttest sets the sizes for a test and for
// the agents that it starts. Both ends of a connection must have the same sizes,
// as each gives back what the other may send.
package queue

import "sync/atomic"

// What every program has. All but Producer is part of the protocol; see the wire
// specification.
const (
	Frame      = 32 << 10 // bytes that one frame carries at most
	Producer   = 1 << 20
	Long       = 4 << 20
	Tunnel     = 1 << 20
	Sender     = 1 << 20
	LogEntries = 1024
)

// Sizes are how much may wait in each kind of queue.
type Sizes struct {
	// Producer is how many bytes may wait for the writer of a stream until a
	// function that sends more has to wait. With 0 it waits while there is any.
	Producer int
	// Long is how many bytes of long messages may be under way from one context
	// to another. Less than a Frame would never be sent.
	Long int
	// Tunnel is how many bytes may be under way in one tunnel, each way.
	Tunnel int
	// Sender is how many bytes of messages may be under way from one process to one
	// receiver, or wait there.
	Sender int
	// LogEntries is how many log entries of one context may be under way.
	LogEntries int
}

var ample = Sizes{Producer: Producer, Long: Long, Tunnel: Tunnel, Sender: Sender, LogEntries: LogEntries}

// None is as little as anything gets through with: one frame, one entry.
var None = Sizes{Long: Frame, Tunnel: Frame, Sender: 1, LogEntries: 1}

var current atomic.Pointer[Sizes]

// Now are the sizes that hold for this process. Any goroutine may ask.
func Now() *Sizes {
	if s := current.Load(); s != nil {
		return s
	}
	return &ample
}

// Set changes the sizes for this process until restore is called. There must be no
// broker meanwhile that was made before.
func Set(s Sizes) (restore func()) {
	before := current.Swap(&s)
	return func() { current.Store(before) }
}
