package process

import (
	"crypto/rand"
	"fmt"
	"syscall"
	"time"
)

// markName is the name of the environment variable by which the descendants of one
// program are told from those of another.
const markName = "MITOPLAN_CALL"

func newMark() string { return markName + "=" + rand.Text() }

// patience is the time from TERM to KILL for a program that is cancelled. haste is
// the most that a program gets if the process that runs it is about to end, too.
const (
	patience = 5 * time.Second
	haste    = 2 * time.Second
)

// EndWith sets Grace and Hurry so that a program ends before the process that runs it
// has to end. begun is closed when that process begins to end. left then returns how
// much time it still has.
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

// end ends the program and all it started: TERM, then KILL after a time. Each
// goes to the program's group at once, which takes one system call however busy
// the machine is. The search for what has left the group comes after it and
// beside it, so that a slow one holds up neither.
func (r *running) end(s Spec, cause error) error {
	h := &hunt{r: r, left: make(chan int, 1)}
	defer h.begin(0)
	h.begin(syscall.SIGTERM)
	if h.await(s.Hurry, func() time.Duration { return s.graceFor(cause) }) {
		return nil
	}
	h.begin(syscall.SIGKILL)
	if h.await(nil, func() time.Duration { return killWait }) {
		return nil
	}
	return fmt.Errorf("process %d, or what it started, did not end when killed, or could not be looked for in time", r.proc.Pid)
}

func (s Spec) graceFor(cause error) time.Duration {
	if s.Grace != nil {
		return s.Grace(cause)
	}
	return grace
}
