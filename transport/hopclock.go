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
	limit  time.Duration

	mu      sync.Mutex
	timer   *time.Timer
	began   time.Time     // of the running stretch
	left    time.Duration // when it began
	stopped bool
}

// resumed is the least that is left after a pause: the host did not use up its
// time by itself.
const resumed = 2 * time.Second

func newHopClock(ctx context.Context, limit time.Duration) (context.Context, *hopClock) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &hopClock{cancel: cancel, limit: limit, left: limit, began: time.Now()}
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
	c.left = max(c.left-time.Since(c.began), resumed)
	if !c.stopped {
		c.timer = time.AfterFunc(bound, c.expire(bound))
	}
	return sync.OnceFunc(c.resume)
}

func (c *hopClock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.Stop()
	c.began = time.Now()
	if !c.stopped {
		c.timer = time.AfterFunc(c.left, c.expire(c.limit))
	}
}

// stop ends the clock and its context.
func (c *hopClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.timer.Stop()
	c.cancel(nil)
}
