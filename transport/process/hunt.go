package process

import (
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// pace is the least time between two searches. After a search that took longer, the
// pause is as long as that search, so that a busy machine has time for other work.
const pace = 20 * time.Millisecond

// hunt sends a signal to everything that belongs to a program until nothing is left.
type hunt struct {
	r    *running
	left chan int // how many a search found; one runs at a time
	busy bool     // one runs

	looks int           // searches that were begun
	took  time.Duration // by the last search

	mu  sync.Mutex     // guards what follows, and is held while a search signals
	sig syscall.Signal // to send; 0 when the hunt is over
}

// begin sends a signal to the program's group. From then on searches send it to
// whatever they find, including a search that is already running. The signal 0 ends the
// hunt.
func (h *hunt) begin(sig syscall.Signal) {
	h.mu.Lock()
	h.sig = sig
	h.mu.Unlock()
	if sig != 0 {
		_ = syscall.Kill(-h.r.proc.Pid, sig)
	}
}

// look searches once and sends the number of processes that it found to left. Until
// then it owns looks and took.
func (h *hunt) look() {
	began, found := time.Now(), 0
	h.looks++
	h.r.search(func(m kin.Member) {
		found++
		h.signal(m)
	})
	h.took = time.Since(began)
	h.left <- found
}

// signal sends the signal to a process that a search found. Only the first search sends
// TERM, and not to members of the group, which have it already. A process that starts
// later may be one that cleans up.
func (h *hunt) signal(m kin.Member) {
	h.mu.Lock()
	if h.sig == syscall.SIGKILL || h.sig == syscall.SIGTERM && h.looks == 1 && !m.Group {
		_ = syscall.Kill(m.PID, h.sig)
	}
	h.mu.Unlock()
}

// await searches until the program has ended and nothing of it is left. It reports
// whether that happened in time. Two searches in a row must find nothing, because during the first one a
// process may have started another and ended.
func (h *hunt) await(g graces) bool {
	until := time.Now().Add(g.within())
	deadline, next := time.NewTimer(time.Until(until)), time.NewTimer(0)
	defer deadline.Stop()
	defer next.Stop()
	for empty, exited := 0, h.r.exited; empty < 2 || exited != nil; {
		select {
		case <-next.C:
			if !h.busy {
				h.busy = true
				go h.look()
			}
		case found := <-h.left:
			h.busy = false
			empty++
			rest := time.Duration(0)
			if found > 0 {
				empty, rest = 0, max(pace, min(h.took, killWait/4))
			}
			// The program may be ending as it was told to. Until it has, there is no
			// need to search again.
			if exited == nil || h.sig == syscall.SIGKILL {
				next.Reset(rest)
			}
		case <-exited:
			exited = nil
			next.Reset(0)
		case <-g.hurry:
			g.hurry = nil
			deadline.Reset(min(time.Until(until), g.within()))
		case <-deadline.C:
			return false
		}
	}
	return true
}
