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

// patience is the time from TERM to KILL where nothing else is about to end;
// haste is the most that there is where the process itself is.
const (
	patience = 5 * time.Second
	haste    = 2 * time.Second
)

// EndWith gives a program as much time to end as what it runs in leaves: begun
// is closed when the process that runs it begins to end, left is how long that
// one waits for it then.
func (s *Spec) EndWith(begun <-chan struct{}, left func() time.Duration) {
	s.Hurry = begun
	s.Grace = func(error) time.Duration {
		select {
		case <-begun:
			rest := left()
			return min(haste, max(rest-time.Second, rest/2))
		default:
			return patience
		}
	}
}

// end ends the program and all it started: TERM, then KILL after a time.
func (r *running) end(s Spec, cause error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	signalAll(r.family(), syscall.SIGTERM)
	if r.terminated(s, cause, tick.C) {
		return nil
	}
	if r.killed(tick.C) {
		return nil
	}
	return fmt.Errorf("process %d did not end when killed", r.proc.Pid)
}

// terminated waits for the family to end by itself.
func (r *running) terminated(s Spec, cause error, tick <-chan time.Time) bool {
	until, hurry := time.Now().Add(s.graceFor(cause)), s.Hurry
	deadline := time.NewTimer(time.Until(until))
	defer deadline.Stop()
	for len(r.family()) > 0 {
		select {
		case <-tick:
		case <-hurry:
			hurry = nil
			deadline.Reset(min(time.Until(until), s.graceFor(cause)))
		case <-deadline.C:
			return len(r.family()) == 0
		}
	}
	return true
}

// killed kills the family. What is still there may go on starting others, so
// each look kills anew.
func (r *running) killed(tick <-chan time.Time) bool {
	deadline := time.NewTimer(killWait)
	defer deadline.Stop()
	for {
		left := r.family()
		if len(left) == 0 {
			return true
		}
		signalAll(left, syscall.SIGKILL)
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
