package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
)

// askSpawn asks the context's parent to start it. Frames for the context may
// follow at once: the parent keeps them until it is up.
func (b *Broker) askSpawn(ctx context.Context, c *Context, k Connector, o connectOptions) error {
	kindName, conn, err := asSent(k)
	if err != nil {
		return fmt.Errorf("connect %s: %w", c.name, err)
	}
	if o.timeout <= 0 {
		o.timeout = DefaultTimeout
	}
	data, err := Marshal(spawnPayload{
		Address: c.address, Kind: kindName, Connector: conn, Name: c.name,
		Timeout: int64(o.timeout), Parallelism: o.parallelism, Shared: o.shared,
	})
	if err == nil && len(data) > chunk {
		err = errors.New("its arguments are too long")
	}
	if err != nil {
		return fmt.Errorf("connect %s: %w", c.name, err)
	}
	parent := c.address.Parent()
	p := &pendingCall{out: &result{context: c}, context: c, name: "spawn", from: parent, since: time.Now(), caller: ctx}
	p.then = func(raw []byte, err error) { c.spawned(p.since, raw, err) }
	if _, _, err := c.enter(p); err != nil {
		b.endContext(c, c.startError(err))
		return nil
	}
	c.debug(p.since, "its parent is asked to start it", "kind", kindName)
	b.goroutine(func() { c.watchSpawn(ctx, p, o.timeout) })
	if err := b.send(&Message{Dst: parent, Src: b.self, Handle: handleSpawn, ReplyTo: p.id, Data: data}); err != nil && !streamEnded(err) {
		p.fail(err)
	}
	return nil
}

// asSent encodes a connector for the process that shall start it, and names its kind.
func asSent(k Connector) (kindName string, encoded []byte, err error) {
	if s, ok := k.(SentConnector); ok {
		if k, err = s.Sent(); err != nil {
			return "", nil, err
		}
	}
	encoded, err = Marshal(k)
	return k.Kind(), encoded, err
}

// startError is the error of a context whose start could not be asked for:
// that of the context before it, if that has ended.
func (c *Context) startError(err error) error {
	if c.via != nil {
		if finished, verr := c.via.lost.untyped.state(); finished && verr != nil {
			return c.behindError(verr)
		}
	}
	return &ConnectError{Context: c.name, Chain: c.chain, Phase: PhaseSpawn, Cause: err.Error(), cause: err}
}

// watchSpawn waits for the parent to say how the start went. A parent that is
// up has twice the time of the start; then it is not waited for any longer. See spawning
// for starts that wait for their turn there.
func (c *Context) watchSpawn(ctx context.Context, p *pendingCall, timeout time.Duration) {
	cancelled := ctx.Done()
	select {
	case <-c.via.ready.Done():
	case <-cancelled:
		c.abandon(ctx)
		return
	}
	asked := c.via.spawning.ask(startTimesBelow*timeout + cancelWait)
	defer c.via.spawning.forget(asked)
	late := time.NewTimer(asked.bound)
	defer late.Stop()
	for {
		select {
		case <-p.out.doneChan():
			c.via.spawning.answered()
			return
		case <-cancelled:
			c.abandon(ctx)
			return
		case <-late.C:
		}
		if left := c.via.spawning.left(asked); left > 0 {
			late.Reset(left)
			continue
		}
		c.broker.endContext(c, &ConnectError{Context: c.name, Chain: c.chain, Phase: PhaseSpawn, Cause: "its parent did not answer for " + asked.bound.String() + ". Its host may be overloaded, or hang. If it is only slow, raise connect_timeout"})
		return
	}
}

// abandon ends a start that its caller does not want any longer.
func (c *Context) abandon(ctx context.Context) {
	cause := context.Cause(ctx)
	end, cancel := context.WithTimeout(context.Background(), c.broker.opt.ShutdownTimeout)
	c.broker.goroutine(func() { defer cancel(); _ = c.askEnd(end) })
	c.broker.endContext(c, &ConnectError{Context: c.name, Chain: c.chain, Phase: PhaseCancelled, Cause: cause.Error(), cause: cause})
}

// connectError is the error of a start, in the types that tell of one.
func (c *Context) connectError(err error) error {
	switch err.(type) {
	case *ConnectError, *LostError:
		return err
	}
	return c.startError(err)
}

// spawned takes what the parent says of the start.
func (c *Context) spawned(since time.Time, raw []byte, err error) {
	if err != nil {
		c.debug(since, "its parent has not started it")
		c.broker.endContext(c, c.connectError(err))
		return
	}
	c.debug(since, "its parent says that it is up")
	c.ready.untyped.complete(raw, nil, nil)
}

// debug logs an event of the start of a context that another process starts.
func (c *Context) debug(since time.Time, event string, pairs ...string) {
	b := c.broker
	if !b.log.IsDebug() {
		return
	}
	args := []any{"by", c.via.name}
	for _, text := range pairs {
		args = append(args, text)
	}
	args = append(args, "context", c.name, "chain", shownChain(c.chain), "at", roughly(time.Since(since)))
	b.sayBy(b.log.Named(startsLogged), hclog.Debug, event, args...)
}
