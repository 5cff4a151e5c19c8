package transport

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"
)

// Bounds of the end of a child.
const (
	// answerTime is how long a child has to confirm that it ends after it was told
	// to. A child that confirms and does not end gets no more time than this, either.
	answerTime = time.Second
	// exitGrace is how long a report of the end waits for the exit status.
	exitGrace = time.Second
	// maxWords is how much of the last words is reported.
	maxWords = 4 << 10
)

// errEnded ends the start of a child that is not wanted any longer.
var errEnded = errors.New("it was told to end")

// end tells the child to end within the time, and returns at once. done is
// closed when it has ended.
func (c *child) end(within time.Duration) {
	c.askOnce.Do(func() {
		c.within = within
		select {
		case <-c.done: // a start that was refused and cleared away meanwhile is told nothing
			return
		default:
		}
		if c.log.IsDebug() {
			c.log.Debug("is told to end", "within", within.String())
		}
		close(c.asked)
		c.cancel(errEnded)
	})
}

// endError is the error of an end that did not succeed. It is called once done is
// closed, or when nobody waits for that any longer.
func (c *child) endError() error {
	c.nursery.mu.Lock()
	alive := c.stillAlive
	c.nursery.mu.Unlock()
	select {
	case <-c.done:
		if !alive {
			return nil
		}
	default:
	}
	return errors.New("context " + c.name + " did not end")
}

// finish ends a child that was told to end: with a shutdown message, TERM and
// KILL, each in its time.
func (c *child) finish(s *Stream) {
	c.outlastCarried(s)
	word, term := graces(c.within, c.nursery.opt.KillDelay)
	data, _ := Marshal(shutdownPayload{Within: int64(word)})
	_ = s.send(&Message{Dst: c.address, Src: c.nursery.self, Handle: handleShutdown, Data: data}, false)
	if !c.saysBye(s, min(answerTime+s.lag(), c.within/3)) {
		c.log.Debug("does not say that it ends")
		s.fail(errClosed) // an agent that is only slow ends by itself now
		term = min(answerTime, c.within/6)
		c.within = 2 * term
	}
	killed := time.AfterFunc(term, func() { s.fail(errClosed) })
	defer killed.Stop()
	c.terminate(term, c.within, nil)
	s.awaitRest()
	s.fail(errClosed)
	waitFor(&s.wg, exitGrace)
	c.report.over(nil)
	c.nursery.remove(c)
}

// graces divides the time within which a child has to end: word is what it is told that it has
// for itself and its own children, and after term it gets TERM. The rest is KillDelay, or what
// KillDelay leaves of a time that is less than twice that, and an eighth at least.
func graces(within, killDelay time.Duration) (word, term time.Duration) {
	term = within - min(killDelay, max(within-killDelay, within/8))
	return min(4*time.Second, term*9/10), term
}

// childrensShare is what an agent that ends within a time gives to its children.
func childrensShare(within time.Duration) time.Duration { return within / 2 }

// outlastCarried ends the children that go through this one and waits for that, but
// leaves this one a quarter of its time. They have to end first: their connections end with
// this one, and what must be killed there is killed over them.
func (c *child) outlastCarried(s *Stream) {
	began := time.Now()
	late := time.NewTimer(c.within * 3 / 4)
	defer late.Stop()
	for _, d := range c.nursery.carriedBy(c) {
		d.end(c.within)
		select {
		case <-d.done:
		case <-s.over:
		case <-late.C:
			late.Reset(0)
		}
	}
	c.within -= time.Since(began)
}

// saysBye reports whether the child says in time that it ends, or has ended.
func (c *child) saysBye(s *Stream, within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-c.ends:
	case <-s.over:
	case <-c.exited:
	case <-late.C:
		return false
	}
	return true
}

// terminate sends TERM and KILL in their time, and notes it if the process does
// not end. Once hurry is closed, each step waits for hurried at most.
func (c *child) terminate(term, kill time.Duration, hurry <-chan struct{}) {
	if _, ok := c.reap(term, kill, hurry); ok {
		return
	}
	c.log.Debug("does not end after KILL")
	c.setAlive(true)
}

// setAlive notes that something of the child could not be ended, or has ended after all.
func (c *child) setAlive(alive bool) {
	c.nursery.mu.Lock()
	c.stillAlive = alive
	c.nursery.mu.Unlock()
}

// reportLoss reports a child that ended by itself, at once and, if it is known soon,
// with its exit status. Then its process is ended.
func (c *child) reportLoss(s *Stream) {
	waitFor(&s.wg, exitGrace)
	c.nursery.mu.Lock()
	clean := c.saidBye
	c.nursery.mu.Unlock()
	err := &LostError{Cause: explainEnd(s.cause())}
	if status, ok := c.awaitExitOr(exitGrace, c.asked); ok {
		err.Exit = &status
	}
	err.LastWords = c.lastWords()
	c.askCarrier()
	select {
	case <-c.asked:
		err = nil
	default:
		if clean {
			err.Cause = "it ended by itself"
		}
	}
	if err != nil {
		c.log.Debug("is lost", "cause", err.Cause)
	}
	c.report.over(err)
	c.nursery.remove(c)
	delay := c.nursery.opt.KillDelay
	if peersFault(s.cause()) {
		c.terminate(0, min(delay, answerTime), c.asked)
		return
	}
	c.terminate(delay, 2*delay, c.asked)
}

// askCarrier is called before the end of a child is reported. If it ended because the
// context that it goes through did, that has to be reported first, as it is the cause; but
// whose connection is seen to end first is a matter of chance. A context that answers is not
// the cause. One that is silent from now on is lost after one more HeartbeatTimeout, and its
// own report takes two times exitGrace. How long it has been silent by now says nothing: the
// last heartbeat of either may have been late, as on a busy machine.
func (c *child) askCarrier() {
	if c.via == nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, max(0, c.nursery.opt.HeartbeatTimeout)+3*exitGrace)
	defer cancel()
	c.via.awaitSign(ctx)
}

// explainEnd says, for people, how a stream ended.
func explainEnd(err error) string {
	switch {
	case err == io.EOF:
		return "its connection was closed"
	case err == nil:
		return "its connection ended"
	}
	return shorten(err.Error(), maxText)
}

// awaitExit waits for the exit of the process, at most for d.
func (c *child) awaitExit(d time.Duration) (Exit, bool) { return c.awaitExitOr(d, nil) }

// awaitExitOr is awaitExit that waits for hurried at most once hurry is closed.
func (c *child) awaitExitOr(d time.Duration, hurry <-chan struct{}) (Exit, bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.exited:
		return c.exit, true
	case <-t.C:
		return Exit{}, false
	case <-hurry:
		return c.awaitExit(min(d, c.hurried()))
	}
}

// hurried is how long a child that is lost has for each step of its end when it is told to
// end: less than who started it has left, so that nothing outlives that one.
func (c *child) hurried() time.Duration { return min(answerTime, c.within/4) }

// reap waits for the exit, and sends TERM and KILL when their time has come.
func (c *child) reap(term, kill time.Duration, hurry <-chan struct{}) (Exit, bool) {
	if e, ok := c.awaitExitOr(term, hurry); ok {
		return e, true
	}
	c.signal(syscall.SIGTERM)
	if e, ok := c.awaitExitOr(kill-term, hurry); ok {
		return e, true
	}
	c.signal(syscall.SIGKILL)
	return c.awaitExit(exitGrace)
}

// signal signals the process, if the link can do that.
func (c *child) signal(sig syscall.Signal) {
	if c.link.Kill != nil {
		c.log.Debug("is sent a signal", "signal", sig.String())
		_ = c.link.Kill(sig)
	}
}

// lastWords is what the child last wrote to its standard error.
func (c *child) lastWords() string {
	if c.link == nil || c.link.LastWords == nil {
		return ""
	}
	return shorten(Clean(string(c.link.LastWords())), maxWords)
}
