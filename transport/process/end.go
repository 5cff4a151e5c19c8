package process

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// patience is the time from TERM to KILL for a program that is cancelled. haste is
// the most that a program gets if the context that runs it is about to end, too.
const (
	patience = 5 * time.Second
	haste    = 2 * time.Second
)

// graces are how long a program has from TERM to KILL: as long as within says, which is
// asked again when hurry is closed.
type graces struct {
	within func() time.Duration
	hurry  <-chan struct{}
}

// graces are those of a program that is run with ctx. It ends before the context of the
// function has to.
func (s Spec) graces(ctx context.Context) graces {
	begun, left := transport.Ending(ctx)
	return s.endingWith(begun, left)
}

// endingWith are the graces in a context whose end closes begun, and then has so much time
// left.
func (s Spec) endingWith(begun <-chan struct{}, left func() time.Duration) graces {
	usual := s.Grace
	if usual <= 0 {
		usual = patience
	}
	return graces{hurry: begun, within: func() time.Duration {
		select {
		case <-begun:
			rest := left()
			return min(usual, haste, max(rest-time.Second, rest/2))
		default:
			return usual
		}
	}}
}

// end ends the program and all it started: TERM, then KILL after a time. Each
// goes to the program's group at once, which takes one system call however busy
// the machine is. The search for what has left the group comes after it and
// beside it, so that a slow one holds up neither.
func (r *running) end(g graces) error {
	h := &hunt{r: r, left: make(chan int, 1)}
	defer h.begin(0)
	h.begin(syscall.SIGTERM)
	if h.await(g) {
		return nil
	}
	h.begin(syscall.SIGKILL)
	if h.await(graces{within: func() time.Duration { return killWait }}) {
		return nil
	}
	return fmt.Errorf("process %d, or what it started, did not end when killed, or could not be looked for in time", r.proc.Pid)
}
