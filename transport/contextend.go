package transport

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// behindError is what an error of the context that c is behind means for c: the
// same root, told once.
func (c *Context) behindError(err error) error {
	if err == nil {
		return nil
	}
	name, root := rootOf(err)
	cause := "context " + name + " behind which it is was lost"
	var connect *ConnectError
	if errors.As(root, &connect) {
		cause = "context " + name + " behind which it is did not come up"
	}
	if finished, rerr := c.ready.untyped.state(); !finished || rerr != nil {
		return &ConnectError{Context: c.name, Chain: c.chain, Phase: PhaseVia, Cause: cause, Root: root}
	}
	return &LostError{Context: c.name, Chain: c.chain, Cause: cause, Root: name, root: root}
}

// endContext ends c and everything behind it, with the one root cause. Only the
// first end of a context counts.
func (b *Broker) endContext(c *Context, err error) {
	b.mu.Lock()
	if c.ended {
		b.mu.Unlock()
		return
	}
	c.ended, c.err = true, err
	behind := make([]*Context, 0, len(c.behind))
	for d := range c.behind {
		behind = append(behind, d)
	}
	calls := make([]*pendingCall, 0, len(c.order))
	for _, p := range c.order {
		if p.listed {
			calls = append(calls, p)
		}
	}
	receivers := make([]dependent, 0, len(c.receivers))
	for r := range c.receivers {
		receivers = append(receivers, r)
	}
	c.offers = nil
	b.keepNaming(c)
	delete(b.contexts, c.address)
	delete(b.indexes, c.address)
	if c.via != nil {
		delete(c.via.behind, c)
	}
	b.mu.Unlock()
	for _, d := range behind {
		b.endContext(d, d.behindError(err))
		if d.child != nil {
			d.child.end(b.opt.ShutdownTimeout)
		}
	}
	b.forgetFlows(c.address, c.endError())
	c.resetTunnels(err)
	if c.gate.close() {
		c.mail.postEntry(c.tellMissing, func() {})
	}
	c.mail.post(func() {
		c.settle(calls, err)
		for _, r := range receivers {
			r.end(c.endError())
		}
		b.tellReceivers(c.address, c.endError())
	})
}

// postBehind runs work after everything that has arrived from the contexts
// before c has been handled: the news of their end may be in it. The work must
// be quick.
func (c *Context) postBehind(work func()) {
	if c.via == nil {
		c.mail.post(work)
		return
	}
	c.via.postBehind(func() { c.mail.post(work) })
}

// settle completes everything that waits for a context that has ended.
func (c *Context) settle(calls []*pendingCall, err error) {
	reason := err
	if err == nil {
		reason = &LostError{Context: c.name, Chain: c.chain, Cause: "it was shut down"}
	}
	ready := reason
	var connect *ConnectError
	if !errors.As(err, &connect) {
		ready = c.endedEarly(reason)
	}
	c.ready.untyped.complete(nil, nil, ready)
	for _, p := range calls {
		if err == nil {
			p.fail(&CancelledError{Function: p.name, Phase: p.phase(), Cause: "context " + c.name + " was shut down"})
			continue
		}
		p.fail(err)
	}
	c.lost.untyped.complete(nil, struct{}{}, err)
}

// endedEarly is the error of a start of which the context ended before it was known to be
// up. Its root is that of the end, unless that is the context itself.
func (c *Context) endedEarly(reason error) error {
	e := &ConnectError{Context: c.name, Chain: c.chain, Cause: "it ended before it was up"}
	var lost *LostError
	if _, root := rootOf(reason); root == reason && errors.As(reason, &lost) {
		e.Cause += ": " + lost.Cause
	} else {
		e.Root = reason
	}
	return e
}

// Shutdown ends the context and everything below it. It takes no longer than
// the ShutdownTimeout of the broker, and no longer than ctx. When it returns, what the
// context logged and printed has been shown, unless the log takes longer than two seconds
// for that.
func (c *Context) Shutdown(ctx context.Context) error {
	if c == nil {
		return fmt.Errorf("shut down: %w", errNoContext)
	}
	b := c.broker
	below, through := c.below(), c.through()
	for _, d := range through {
		d.child.end(b.opt.ShutdownTimeout)
	}
	if c.child == nil {
		c.outlast(ctx, through)
		if err := c.askEnd(ctx); err != nil {
			return err
		}
		awaitShown(ctx, below)
		return nil
	}
	c.child.end(b.opt.ShutdownTimeout)
	select {
	case <-c.child.done:
	case <-ctx.Done():
		return fmt.Errorf("shut down context %s: %w", c.name, endOf(ctx))
	}
	awaitShown(ctx, below)
	return c.child.endError()
}

// below are c and all contexts that were started through it.
func (c *Context) below() []*Context {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	found := []*Context{c}
	for i := 0; i < len(found); i++ {
		for d := range found[i].behind {
			found = append(found, d)
		}
	}
	return found
}

// awaitShown waits until what contexts that have ended logged is shown: that one has ended is
// told after it. A log that is slow or stuck is not waited for.
func awaitShown(ctx context.Context, contexts []*Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*logPatience)
	defer cancel()
	for _, c := range contexts {
		select {
		case <-c.lost.Done():
		case <-ctx.Done():
		}
	}
}

// outlast waits for the end of contexts that go through this one, which their connections
// end with, for half of the time of an end at most.
func (c *Context) outlast(ctx context.Context, through []*Context) {
	ctx, cancel := context.WithTimeout(ctx, c.broker.opt.ShutdownTimeout/2)
	defer cancel()
	for _, d := range through {
		select {
		case <-d.child.done:
		case <-ctx.Done():
			return
		}
	}
}

// through are the contexts that this process started itself, through c.
func (c *Context) through() []*Context {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	var found []*Context
	for d := range c.behind {
		if d.child != nil {
			found = append(found, d)
		}
	}
	return found
}

// endError is the error of whoever waits for a context that has ended.
func (c *Context) endError() error {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	return &LostError{Context: c.name, Chain: c.chain, Cause: "it was shut down"}
}

// askEnd asks the context's parent to end it, and waits for that.
func (c *Context) askEnd(ctx context.Context) error {
	b := c.broker
	if done, _ := c.lost.untyped.state(); done {
		return nil
	}
	parent := b.contextAt(c.address.Parent())
	if parent == nil {
		return nil
	}
	within := b.opt.ShutdownTimeout
	ctx, cancel := context.WithTimeout(ctx, within+time.Second)
	defer cancel()
	_, err := callAndWait[endOut](ctx, parent, endName, plainValues, endIn{c.address, int64(within * 9 / 10)})
	var lost *LostError
	if errors.As(err, &lost) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("shut down context %s: %w", c.name, err)
	}
	b.endContext(c, nil)
	return nil
}

// childLost takes the message in which a context tells that a child of it has
// ended.
func (b *Broker) childLost(s *Stream, m *Message) {
	var p lostPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		b.dropped(m, err.Error())
		return
	}
	if p.Address.Parent() != m.Src || p.Address == m.Src {
		b.dropped(m, "it speaks of a child that is not its own")
		return
	}
	s.forget(p.Address)
	c := b.contextAt(p.Address)
	if c == nil || c.told.Swap(true) {
		return
	}
	if p.Err == nil {
		c.mail.post(func() { b.endContext(c, nil) })
		return
	}
	p.Err.clean()
	p.Err.Context, p.Err.Chain = c.name, c.chain
	c.mail.post(func() { b.endContext(c, p.Err) })
}
