package transport

import (
	"context"
	"sync"
	"time"
)

// startClock bounds the start of one context, from dialling to its greeting. It does not run while
// something is waited for that says nothing about the host, such as an agent
// that is being built here. When its time is over, it ends the context that
// newStartClock returned.
type startClock struct {
	cancel context.CancelCauseFunc
	// firm is true if the caller of Connect gave the time. Then the connector
	// does not change it.
	firm bool

	mu      sync.Mutex
	limit   time.Duration
	timer   *time.Timer
	began   time.Time     // when the clock began to run last
	left    time.Duration // the time that was left then
	paused  bool
	stopped bool
}

// resumed is the least time that is left after a pause: the host did not use up
// its time by itself.
const resumed = 2 * time.Second

// newStartClock starts a clock. A limit of 0 is DefaultTimeout, which the
// connector may change.
func newStartClock(ctx context.Context, limit time.Duration) (context.Context, *startClock) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &startClock{cancel: cancel, firm: limit > 0, began: time.Now()}
	if limit <= 0 {
		limit = DefaultTimeout
	}
	c.limit, c.left = limit, limit
	c.timer = time.AfterFunc(limit, c.expire(limit))
	return ctx, c
}

// expire is what the timer calls when the time is over.
func (c *startClock) expire(after time.Duration) func() {
	return func() { c.cancel(&TimeoutError{After: after}) }
}

// pause stops the clock while a person types a password or an agent is pushed,
// for at most bound. Calling resume starts it again with the time that was
// left.
func (c *startClock) pause(bound time.Duration) (resume func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.Stop()
	c.left, c.paused = max(c.left-time.Since(c.began), resumed), true
	if !c.stopped {
		c.timer = time.AfterFunc(bound, c.expire(bound))
	}
	return sync.OnceFunc(c.resume)
}

func (c *startClock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run(c.left)
}

// within gives the start another time from now on, unless the caller of Connect
// gave one.
func (c *startClock) within(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.firm || limit <= 0 {
		return
	}
	c.limit = limit
	if c.paused {
		c.left = limit
		return
	}
	c.run(limit)
}

// run starts the clock with that time left. The caller holds mu.
func (c *startClock) run(left time.Duration) {
	c.timer.Stop()
	c.began, c.left, c.paused = time.Now(), left, false
	if !c.stopped {
		c.timer = time.AfterFunc(c.left, c.expire(c.limit))
	}
}

// remaining is the time that is left. runs is false while the clock is stopped.
func (c *startClock) remaining() (left time.Duration, runs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused {
		return c.left, false
	}
	return max(c.left-time.Since(c.began), 0), true
}

// stop ends the clock and its context.
func (c *startClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
	c.cancel(nil)
}
