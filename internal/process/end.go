package process

import (
	"crypto/rand"
	"fmt"
	"syscall"
	"time"
)

// markName is the environment variable that tells the descendants of one
// program from those of another.
const markName = "MITOPLAN_CALL"

func newMark() string { return markName + "=" + rand.Text() }

// end ends the program and all it started: TERM, then KILL after grace.
func (r *running) end(grace time.Duration) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	signalAll(r.family(), syscall.SIGTERM)
	if r.goneWithin(grace, tick.C, nil) {
		return nil
	}
	// What is still there may go on starting others, so each look kills anew.
	kill := func(pids []int) { signalAll(pids, syscall.SIGKILL) }
	kill(r.family())
	if r.goneWithin(killWait, tick.C, kill) {
		return nil
	}
	return fmt.Errorf("process %d did not end when killed", r.proc.Pid)
}

func (r *running) goneWithin(d time.Duration, tick <-chan time.Time, each func([]int)) bool {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	for {
		left := r.family()
		if len(left) == 0 {
			return true
		}
		if each != nil {
			each(left)
		}
		select {
		case <-tick:
		case <-deadline.C:
			return len(r.family()) == 0
		}
	}
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		syscall.Kill(pid, sig)
	}
}
