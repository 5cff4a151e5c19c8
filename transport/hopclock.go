package transport

import (
	"context"
	"sync"
	"time"
)

// hopClock bounds one hop, from dialling to its greeting. It stands while
// something is waited for that says nothing about the host, such as an agent
// that is being built here.
type hopClock struct {
	cancel context.CancelCauseFunc
	// firm is true where the caller of Connect gave the time: then the connector
	// does not change it.
	firm bool

	mu      sync.Mutex
	limit   time.Duration
	timer   *time.Timer
	began   time.Time     // of the running stretch
	left    time.Duration // when it began
	stands  bool
	stopped bool
}

// resumed is the least that is left after a pause: the host did not use up its
// time by itself.
const resumed = 2 * time.Second

// newHopClock starts a clock. A limit of 0 is DefaultTimeout, which the connector
// may change.
func newHopClock(ctx context.Context, limit time.Duration) (context.Context, *hopClock) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &hopClock{cancel: cancel, firm: limit > 0, began: time.Now()}
	if limit <= 0 {
		limit = DefaultTimeout
	}
	c.limit, c.left = limit, limit
	c.timer = time.AfterFunc(limit, c.expire(limit))
	return ctx, c
}

func (c *hopClock) expire(after time.Duration) func() {
	return func() { c.cancel(&TimeoutError{After: after}) }
}

// pause stands the clock for at most bound; what it returns lets it go on.
func (c *hopClock) pause(bound time.Duration) (resume func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.Stop()
	c.left, c.stands = max(c.left-time.Since(c.began), resumed), true
	if !c.stopped {
		c.timer = time.AfterFunc(bound, c.expire(bound))
	}
	return sync.OnceFunc(c.resume)
}

func (c *hopClock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run(c.left)
}

// within gives the hop another time from now on, unless the caller of Connect
// has given one.
func (c *hopClock) within(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.firm || limit <= 0 {
		return
	}
	c.limit = limit
	if c.stands {
		c.left = limit
		return
	}
	c.run(limit)
}

// run lets the clock go on. The caller holds the mutex.
func (c *hopClock) run(left time.Duration) {
	c.timer.Stop()
	c.began, c.left, c.stands = time.Now(), left, false
	if !c.stopped {
		c.timer = time.AfterFunc(c.left, c.expire(c.limit))
	}
}

// remaining is the time that is left; ok is false while the clock stands.
func (c *hopClock) remaining() (left time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stands {
		return c.left, false
	}
	return max(c.left-time.Since(c.began), 0), true
}

// stop ends the clock and its context.
func (c *hopClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
	c.cancel(nil)
}
