package transport

import (
	"context"
	"time"
)

// caller is one context above, and what is known of its calls.
type caller struct {
	runs  map[uint32]*run
	order []*run
}

// runState is how far a call has come.
type runState int

const (
	runExpected runState = iota // named by a call that comes after it, and not here yet
	runWaiting
	runRunning
	runOver
)

func (s runState) String() string {
	return [...]string{"expected", "waiting", "running", "over"}[s]
}

// run is one call. The engine's mutex guards it.
type run struct {
	m         *Message
	name      string
	in        []byte
	timeout   time.Duration
	pipe      uint32 // the caller's end; 0 for none
	id        uint32
	state     runState
	waits     int
	followers []follower
	err       error
	cancelled bool            // it was cancelled, perhaps before it was here
	ctx       context.Context // of the function; nil until it runs
	cancel    context.CancelCauseFunc
	since     time.Time
	grace     *time.Timer
	answered  bool
}

// follower is a call that waits for another one. A strict one runs only if that
// succeeds.
type follower struct {
	run    *run
	strict bool
}

func (e *engine) caller(a Address) *caller {
	c := e.callers[a]
	if c == nil {
		c = &caller{runs: make(map[uint32]*run)}
		e.callers[a] = c
	}
	return c
}

// forget drops calls whose answers the caller has. One that was cancelled before it was
// here is remembered until it is: its caller waits no longer, and it must not run.
func (c *caller) forget(low uint32) {
	for len(c.order) > 0 && c.order[0].id < low && c.order[0].mayGo() {
		if c.runs[c.order[0].id] == c.order[0] {
			delete(c.runs, c.order[0].id)
		}
		c.order[0] = nil
		c.order = c.order[1:]
	}
}

// mayGo reports whether nothing comes of a call any more.
func (r *run) mayGo() bool {
	return r.state == runOver || r.state == runExpected && !r.cancelled
}

func (c *caller) run(id uint32) *run {
	r := c.runs[id]
	if r == nil {
		r = &run{id: id}
		c.runs[id] = r
		c.order = append(c.order, r)
	}
	return r
}

// link makes r wait for those calls. If one of them has failed already and had
// to succeed, link returns its error.
func (c *caller) link(r *run, ids []uint32, strict bool) error {
	for _, id := range ids {
		if id == r.id {
			continue
		}
		p := c.run(id)
		switch {
		case p.state != runOver:
			p.followers = append(p.followers, follower{r, strict})
			r.waits++
		case p.err != nil && strict:
			return p.err
		}
	}
	return nil
}
