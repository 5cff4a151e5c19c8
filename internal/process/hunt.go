package process

import (
	"sync"
	"syscall"
	"time"
)

// pace is the least time between two searches. After a search that took longer, the
// pause is as long as that search, so that a busy machine has time for other work.
const pace = 20 * time.Millisecond

// member is a living process that belongs to a program. A negative number is
// that of a group.
type member struct {
	pid   int
	group bool // in the program's own group
}

// hunt sends a signal to what belongs to a program until nothing is left.
type hunt struct {
	r    *running
	left chan int // how many a search found; one runs at a time
	busy bool     // one runs

	looks int           // searches that were begun
	took  time.Duration // by the last search

	mu  sync.Mutex     // guards what follows, and is held while a search signals
	sig syscall.Signal // to send; 0 when the hunt is over
}

// begin sends a signal to the program's group, and has searches send it to what they
// find, also a search that is under way. 0 ends the hunt.
func (h *hunt) begin(sig syscall.Signal) {
	h.mu.Lock()
	h.sig = sig
	h.mu.Unlock()
	if sig != 0 {
		_ = syscall.Kill(-h.r.proc.Pid, sig)
	}
}

// look searches once and sends the number of what it found to left. It owns looks and
// took until then.
func (h *hunt) look() {
	began, found := time.Now(), 0
	h.looks++
	h.r.search(func(m member) {
		found++
		h.signal(m)
	})
	h.took = time.Since(began)
	h.left <- found
}

// signal sends the signal to a process that a search found. TERM is sent by the first
// search alone, and not to the group, which has it already: a process that starts
// later may be one that tidies up.
func (h *hunt) signal(m member) {
	h.mu.Lock()
	if h.sig == syscall.SIGKILL || h.sig == syscall.SIGTERM && h.looks == 1 && !m.group {
		_ = syscall.Kill(m.pid, h.sig)
	}
	h.mu.Unlock()
}

// await searches until the program has ended and nothing of it is left, and reports
// whether that happened in time. within returns the time, and is called again when
// hurry is closed. Two searches in a row have to find nothing: during the first, a
// process may have started another and ended.
func (h *hunt) await(hurry <-chan struct{}, within func() time.Duration) bool {
	until := time.Now().Add(within())
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
			// While the program itself ends as it was told, others need not
			// be looked for again.
			if exited == nil || h.sig == syscall.SIGKILL {
				next.Reset(rest)
			}
		case <-exited:
			exited = nil
			next.Reset(0)
		case <-hurry:
			hurry = nil
			deadline.Reset(min(time.Until(until), within()))
		case <-deadline.C:
			return false
		}
	}
	return true
}
