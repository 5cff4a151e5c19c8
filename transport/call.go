package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// cancelWait is how long the caller of a cancelled call waits for its reply.
const cancelWait = 10 * time.Second

// CallOption changes how a call is made.
type CallOption func(*callOptions)

// callOptions are what CallOptions have set.
type callOptions struct {
	after, settled []Pending
	timeout        time.Duration
	bounds         Bounds
	pipe           *Pipe // nil for none
}

// After names calls of the same context that must have succeeded first. The
// context itself keeps the order, so that there is no round trip between the
// calls. If one of them fails or is cancelled, this call does not run, and its
// error is a *SkippedError.
func After(calls ...Pending) CallOption {
	return func(o *callOptions) { o.after = append(o.after, calls...) }
}

// Settled names calls of the same context that must have ended first, whether
// they succeed or not.
func Settled(calls ...Pending) CallOption {
	return func(o *callOptions) { o.settled = append(o.settled, calls...) }
}

// Timeout bounds how long the function may run. The context counts it from when
// the function begins.
func Timeout(d time.Duration) CallOption { return func(o *callOptions) { o.timeout = d } }

// pendingCall is a call, or a request to start a child, that waits for its
// reply.
type pendingCall struct {
	out     *result
	context *Context
	name    string
	from    Address // who may answer; a context above it may only say that nobody will
	id      uint32
	names   []uint32  // calls that it comes after
	strict  []Pending // those of them that must have succeeded; only for calls with bounds
	since   time.Time
	caller  context.Context
	pipe    *tunnel  // this end of its pipe; nil for none
	came    int      // bytes of its answer in fragments; the broker's mutex guards it
	listed  bool     // it is among the calls without an answer; the broker's mutex guards it
	place   endPlace // guarded by what it is in: see callEnds
	// then is called with the result before anything that comes after it is
	// handled; nil for calls.
	then func(raw []byte, err error)

	mu     sync.Mutex // guards what follows
	size   int        // bytes of the request
	giveUp *time.Timer
	told   bool // a reply has come
	over   bool
}

// call sends a call. Whatever goes wrong becomes its result.
func (c *Context) call(ctx context.Context, name string, input any, o callOptions, out *result) {
	p := &pendingCall{out: out, context: c, name: name, from: c.address, since: time.Now(), caller: ctx}
	req := callPayload{Func: name, Timeout: int64(o.timeout)}
	if o.pipe != nil {
		p.pipe = c.pipeFor(p)
		o.pipe.t, o.pipe.call, o.pipe.ctx, req.Pipe = p.pipe, p, ctx, p.pipe.handle
	}
	if ctx.Err() != nil {
		p.fail(&CancelledError{Function: name, Phase: PhaseNotSent, Cause: context.Cause(ctx).Error()})
		return
	}
	if o.timeout < 0 || o.bounds.Stall < 0 || o.bounds.Total < 0 {
		p.fail(errors.New("call " + name + ": Timeout and Bounds must not be below 0"))
		return
	}
	if o.bounds != (Bounds{}) {
		p.strict = o.after
	}
	var err error
	out.function = name
	if req.In, err = out.values.encode(input); err != nil {
		p.fail(fmt.Errorf("call %s%s: %w", name, in(c.chain), err))
		return
	}
	c.broker.permitSenders(input, c.address)
	err = c.enterAfter(p, o, &req)
	if err != nil {
		p.fail(err)
		return
	}
	data, err := req.encode()
	p.mu.Lock()
	p.size = len(data)
	p.mu.Unlock()
	if err == nil {
		err = c.broker.send(&Message{Dst: c.address, Src: c.broker.self, Handle: handleCall, ReplyTo: p.id, Data: data})
	}
	if err != nil && !streamEnded(err) {
		p.unsent(err)
		return
	}
	c.watch.add(p, o.bounds, slices.Concat(o.after, o.settled))
	if p.finished() {
		c.watch.remove(p)
	}
	p.follow(ctx)
}

// sendError is the error of a call that could not be sent: that of the context,
// if it has ended.
func (c *Context) sendError(name string, err error) error {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.ended && c.err != nil {
		return c.err
	}
	return fmt.Errorf("call %s%s: %w", name, in(c.chain), err)
}

// cancel asks the context to end the function, and waits a bounded time for the
// reply. If the context is not up, there is nothing to end. If the request has not left
// this process whole, the cancel overtakes the rest of it, so the function never begins,
// and nothing is waited for.
func (p *pendingCall) cancel() { p.cancelFor(context.Cause(p.caller).Error()) }

// cancelFor is cancel for another reason than the end of the caller's ctx.
func (p *pendingCall) cancelFor(cause string) {
	c := p.context
	up, _ := c.ready.untyped.state()
	_ = c.broker.sendValue(c.address, handleCancel, cancelPayload{ID: p.id})
	phase := p.phase() // now that whatever has not left leaves after the cancel
	if !up {
		phase = PhaseWaiting
	}
	if phase != PhaseRunning {
		p.fail(&CancelledError{Function: p.name, Phase: phase, Cause: cause})
		return
	}
	p.mu.Lock()
	if !p.over {
		p.giveUp = time.AfterFunc(cancelWait, func() {
			p.fail(&CancelledError{Function: p.name, Phase: PhaseNoAnswer, Cause: cause})
		})
	}
	p.mu.Unlock()
}

// phaseIn is how far a call in c has come, as far as this process knows.
func phaseIn(c *Context) Phase {
	if up, _ := c.ready.untyped.state(); !up {
		return PhaseWaiting
	}
	return PhaseRunning
}

// phase is how far the call has come, as far as this process knows.
func (p *pendingCall) phase() Phase {
	phase := phaseIn(p.context)
	if phase != PhaseRunning {
		return phase
	}
	p.mu.Lock()
	size := p.size
	p.mu.Unlock()
	switch left := p.context.broker.unsentOf(p.context.address, p.id); {
	case left > 0 && left >= size:
		return PhaseNotSent
	case left > 0:
		return PhaseOnItsWay
	}
	return phase
}

// receive takes the reply. It counts if it comes from the context that was
// called, or if it comes from one above that and says that nobody will reply.
func (p *pendingCall) receive(m *Message) {
	dead := m.flags&flagDead != 0 && p.from.Behind(m.Src) && m.Src != p.from
	if m.Src != p.from && !dead {
		p.context.broker.dropped(m, "a reply counts only from the context that was called")
		return
	}
	p.context.watch.progress()
	if m.flags&flagCredit != 0 {
		return // the function goes on: see Advance
	}
	if !p.firstReply() {
		p.context.broker.dropped(m, "the call was answered before")
		return
	}
	p.out.count(m.from.claim(len(m.Data)))
	switch c := p.context; {
	case dead:
		c.postBehind(func() { p.answered(m.Data) })
	case len(m.Data) > longReply:
		c.mail.postSlow(func() { p.answered(m.Data) })
	default:
		c.mail.post(func() { p.answered(m.Data) })
	}
}

// longReply is the size from which a reply is decoded on a goroutine of its
// own, so that the stream's reader does not wait for that.
const longReply = 64 << 10

// answered completes the call with a reply.
func (p *pendingCall) answered(data []byte) {
	var r replyPayload
	err := Unmarshal(data, &r)
	switch {
	case err != nil:
		err = &RemoteError{Kind: "protocol", Function: p.name, Message: "its reply cannot be read: " + err.Error(), Chain: p.context.chain}
	case r.Err != nil:
		err = p.remote(r.Err.error(p.context.chain))
	case r.Out == nil:
		err = &RemoteError{Kind: "protocol", Function: p.name, Message: "its reply is empty", Chain: p.context.chain}
	}
	p.complete(r.Out, err)
}

// finished reports whether the call has its result.
func (p *pendingCall) finished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// firstReply reports whether this is the first reply. While it waits to be
// handled, others must not pile up behind it.
func (p *pendingCall) firstReply() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.told
	p.told = true
	return first
}

// remote adds to an error what is known here.
func (p *pendingCall) remote(err error) error {
	switch e := err.(type) {
	case *RemoteError:
		if e.Function == "" {
			e.Function = p.name
		}
	case *ConnectError:
		e.Context, e.Chain = p.context.name, p.context.chain
	case *CancelledError:
		if e.Cause == "" && p.caller.Err() != nil {
			e.Cause = context.Cause(p.caller).Error()
		}
	}
	return err
}

// unsent fails the call, which could not be sent.
func (p *pendingCall) unsent(err error) { p.fail(p.context.sendError(p.name, err)) }

// shutdown fails the call: the broker has been shut down.
func (p *pendingCall) shutdown() {
	p.fail(&CancelledError{Function: p.name, Phase: p.phase(), Cause: errShutdown.Error()})
}

// fail completes the call with an error.
func (p *pendingCall) fail(err error) { p.complete(nil, err) }

// complete gives the call its result, and takes it off everything that knows
// it. Only the first result counts.
func (p *pendingCall) complete(raw []byte, err error) {
	if e, ok := err.(*CancelledError); ok && p.caller.Err() != nil {
		e.ended = endOf(p.caller)
	}
	p.mu.Lock()
	p.over = true
	if p.giveUp != nil {
		p.giveUp.Stop()
	}
	p.mu.Unlock()
	p.context.ends.remove(p)
	p.context.watch.remove(p)
	if p.pipe != nil {
		p.pipe.callOver(err)
	}
	if p.id != 0 {
		p.leave()
	}
	p.out.complete(raw, nil, err)
	if p.then != nil {
		p.then(raw, err)
	}
}

// callAsync calls a function by its name, whose values cross as of says.
func callAsync[Out any](ctx context.Context, c *Context, name string, of *values, in any, opts ...CallOption) *Result[Out] {
	r := newResult[Out](c, of)
	c.callWith(ctx, name, in, opts, &r.untyped)
	return r
}

// callWith calls a function with these options.
func (c *Context) callWith(ctx context.Context, name string, in any, opts []CallOption, out *result) {
	var o callOptions
	var err error
	switch {
	case name == "":
		err = errNoFunc
	case c == nil:
		err = errNoContext
	}
	for _, opt := range opts {
		if opt == nil {
			err = errNoOption
			continue
		}
		opt(&o)
	}
	if err != nil {
		err = fmt.Errorf("call %s: %w", name, err)
		if o.pipe != nil {
			o.pipe.failed = err
		}
		out.complete(nil, nil, err)
		return
	}
	c.call(ctx, name, in, o, out)
}

// callAndWait calls a function by its name and waits for the result, at most until
// ctx ends. The call itself goes on to its end, which the cancel brings about.
func callAndWait[Out any](ctx context.Context, c *Context, name string, of *values, in any, opts ...CallOption) (Out, error) {
	r := callAsync[Out](ctx, c, name, of, in, opts...)
	if err := r.untyped.orCancelled(ctx, name); err != nil {
		var none Out
		return none, err
	}
	return r.Value()
}
