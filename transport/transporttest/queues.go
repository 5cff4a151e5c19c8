package transporttest

import (
	"testing"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// NoQueues makes the queues of this process hold one frame or entry until the end of
// the test. A sender then has to wait for its receiver, and a deadlock that long queues
// hide comes out. It has to be called before the first broker of the test is made. No
// test that runs at the same time may use package transport.
func NoQueues(t testing.TB) { t.Cleanup(queue.Set(queue.None)) }

// tighten is NoQueues for the rest of this process's life.
func tighten() { _ = queue.Set(queue.None) }
