package transport

import (
	"context"
	"sync"
	"time"
)

// startClock bounds the start of one context, from dialling to its greeting. The
// start is given up when the other side has not brought it on for a time, or when it
// has taken several times that in all, because a host can claim progress. What this
// process has written is no progress: it may still be in buffers on the way. The
// clock does not run while something is waited for that says nothing about the
// host, such as an agent that is being built here. The time in which this process
// itself could not go on does not count, up to limit in all. When a time is over, it ends
// the context that newStartClock returned.
type startClock struct {
	cancel context.CancelCauseFunc
	// firm is true if the caller of Connect gave the time. Then the connector
	// does not change it.
	firm bool
	// times is how many times limit the start may take in all.
	times time.Duration
	// held tells how long this process could not go on, nil for never.
	held *lateness
	// heard is called at each progress, without mu; nil for nobody. It is set before the
	// connector runs.
	heard func()

	mu      sync.Mutex
	limit   time.Duration // without progress
	timer   *time.Timer
	began   time.Time     // when the clock began to run last
	left    time.Duration // the time without progress that was left then
	rest    time.Duration // the time in all that was left then
	all     time.Duration // the time in all
	paused  bool
	stopped bool
	sending *sending      // the agent that is being sent; nil for none
	heldAt  time.Duration // what held said then
	late    time.Duration // for how long this process could not go on since the last progress
	excused time.Duration // how much of that was given back, in all
}

// Bounds of a start.
const (
	// resumed is the least time that is left after a pause: the host did not use up
	// its time by itself.
	resumed = 2 * time.Second
	// startTimes is how many times the time without progress a start may take in
	// all. One that another context makes has startTimesBelow: no line of unknown
	// rate is in between, and who asked for it waits little longer than that.
	startTimes      = 6
	startTimesBelow = 2
	// slowestPush is the rate in bytes per second at which an agent must arrive, on
	// the whole.
	slowestPush = 4 << 10
	// pushPatience is the least time without progress while an agent is sent. Its
	// host says every 2 s how much has arrived.
	pushPatience = 10 * time.Second
	// pushProgress is how much more of an agent has to arrive to be progress. It is sent
	// in packets of twice as much, of which nothing arrives before the last byte.
	pushProgress = 4 << 10
)

// newStartClock starts a clock. A limit of 0 is DefaultTimeout, which the
// connector may change.
func newStartClock(ctx context.Context, limit time.Duration, times int, held *lateness) (context.Context, *startClock) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &startClock{cancel: cancel, firm: limit > 0, times: time.Duration(times), held: held}
	held.watch()
	c.began, c.heldAt = c.now()
	if limit <= 0 {
		limit = DefaultTimeout
	}
	c.limit = limit
	c.all = limit * c.times
	c.rest = c.all
	c.run(limit)
	return ctx, c
}

// pause stops the clock while something is waited for that is not the host's to do,
// for at most bound. Calling resume starts it again with the time that was left.
func (c *startClock) pause(bound time.Duration) (resume func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spend()
	c.left, c.rest = max(c.left, resumed), max(c.rest, resumed)
	c.timer.Stop()
	c.paused = true
	if !c.stopped {
		c.timer = time.AfterFunc(bound, func() { c.cancel(&TimeoutError{After: bound}) })
	}
	return sync.OnceFunc(c.resume)
}

func (c *startClock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.began, c.heldAt = c.now()
	c.run(c.left)
}

// within gives the start another time without progress from now on, unless the
// caller of Connect gave one.
func (c *startClock) within(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.firm || limit <= 0 {
		return
	}
	c.spend()
	c.limit = limit
	c.all += max(0, limit*c.times-c.rest)
	c.rest = max(c.rest, limit*c.times)
	c.restart()
}

// progress is called when the other side has brought the start on.
func (c *startClock) progress() {
	if c.heard != nil {
		c.heard()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spend()
	c.restart()
}

// push is called when an agent of that many bytes is about to be sent. The start
// gets the time that it takes at the slowest rate. See Start.Push.
func (c *startClock) push(size int64) (arrived func(n int64), done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spend()
	more := time.Duration(size) * time.Second / slowestPush
	c.all += more
	c.rest += more
	s := &sending{size: size, arrived: -1, began: time.Now()}
	c.sending = s
	c.restart()
	return func(n int64) { c.arrived(s, n) }, c.pushed
}

// arrived is called when the host says how much of the agent it has. Only pushProgress
// more than at the last progress, or the rest, is progress.
func (c *startClock) arrived(s *sending, n int64) {
	c.mu.Lock()
	more := s.arrive(n)
	c.mu.Unlock()
	if more {
		c.progress()
	}
}

// pushed is called when the host has the agent, or has no use for it.
func (c *startClock) pushed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sending = nil
}

// patience is the time without progress that the start has now. The caller holds mu.
func (c *startClock) patience() time.Duration {
	if c.sending != nil {
		return max(c.limit, pushPatience)
	}
	return c.limit
}

// spend takes the time since the clock began to run off what is left. The caller
// holds mu.
func (c *startClock) spend() {
	if c.paused {
		return
	}
	now, held := c.now()
	gone := now.Sub(c.began)
	c.late += min(held-c.heldAt, gone)
	c.began, c.heldAt = now, held
	c.left -= gone
	c.rest -= gone
}

// now is the time, and how long this process could not go on until then.
func (c *startClock) now() (now time.Time, held time.Duration) {
	now = time.Now()
	return now, c.held.until(now)
}

// excuse gives back the time in which this process could not go on since the last
// progress: what the host has said meanwhile may not have been read yet. It gives back
// no more than limit in all, so that a dead host is told of on a machine that is always
// busy, too. The caller holds mu and has called spend.
func (c *startClock) excuse() bool {
	more := min(c.late, c.limit-c.excused)
	if more <= 0 {
		return false
	}
	c.late = 0
	c.excused += more
	c.left, c.rest = max(c.left, 0)+more, max(c.rest, 0)+more
	c.all += more
	return true
}

// restart gives the whole time without progress again. The caller holds mu and has
// called spend.
func (c *startClock) restart() {
	c.late = 0
	if c.paused {
		c.left = c.patience()
		return
	}
	c.run(c.patience())
}

// run starts the clock with that time left, or less if less is left in all. The
// caller holds mu.
func (c *startClock) run(left time.Duration) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.left, c.paused = left, false
	if !c.stopped {
		c.timer = time.AfterFunc(min(c.left, c.rest), c.expire)
	}
}

// expire is called when a time may be over. One that was begun again meanwhile is
// not.
func (c *startClock) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused || c.stopped {
		return
	}
	c.spend()
	err := &TimeoutError{After: c.patience(), Late: c.excused.Round(time.Second / 10)}
	switch {
	case c.left > 0 && c.rest > 0:
		return
	case c.excuse():
		c.run(c.left)
		return
	case c.rest <= 0:
		err.After, err.Phase = c.all.Round(time.Second), PhaseEndless
	}
	if s := c.sending; s != nil {
		err.Arrived, err.Size = s.arrived, s.size
	}
	c.cancel(err)
}

// remaining is the time that is left until the start is given up if nothing brings
// it on. runs is false while the clock is stopped.
func (c *startClock) remaining() (left time.Duration, runs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spend()
	return max(min(c.left, c.rest), 0), !c.paused
}

// onItsWay is the agent that is being sent; ok is false if there is none.
func (c *startClock) onItsWay() (s sending, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending == nil {
		return sending{}, false
	}
	return *c.sending, true
}

// stop ends the clock and its context.
func (c *startClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.held.unwatch()
	}
	c.stopped = true
	c.timer.Stop()
	c.cancel(nil)
}

// sending is an agent on its way to a host. arrived is -1 until the host has said how much
// of it has: that is not known then, as all of it may have arrived.
type sending struct {
	size, arrived int64
	counted       int64 // what had arrived at the last progress
	began         time.Time
	rate          float64 // bytes per second until the last report, 0 before one
}

// arrive notes a report of the host, and says whether it is progress. One of more than
// there is counts for nothing, and so does one of less than before, or than nothing.
func (s *sending) arrive(n int64) bool {
	if n <= s.arrived || n > s.size {
		return false
	}
	s.arrived = n
	if d := time.Since(s.began).Seconds(); d > 0 {
		s.rate = float64(n) / d
	}
	if n-s.counted < pushProgress && n < s.size {
		return false
	}
	s.counted = n
	return true
}
