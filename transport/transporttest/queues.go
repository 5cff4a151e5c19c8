package transporttest

import (
	"testing"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// NoQueues makes the queues of this process hold one frame or entry until the
// end of the test, so that whoever sends has to wait for who receives: a deadlock
// that ample queues hide comes out. It comes before the first broker of the test.
// No test that runs at the same time may use transport.
func NoQueues(t testing.TB) { t.Cleanup(queue.Set(queue.None)) }

// tighten is NoQueues for the whole of this process.
func tighten() { _ = queue.Set(queue.None) }
