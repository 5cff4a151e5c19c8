package transport

import (
	"context"
	"sync"
	"time"
)

const (
	// defaultParallel is how many functions one context runs side by side.
	defaultParallel = 32
	// cancelGrace is how long a cancelled function has to return before its
	// caller is told that it is still running. That covers the 5 s that a
	// program has from TERM to KILL.
	cancelGrace = 8 * time.Second
	// maxRuns is how many calls of one caller a context remembers.
	maxRuns = 1 << 20
)

// engine runs the calls that come from above. It keeps the order that they
// name; otherwise they run side by side, up to a limit.
type engine struct {
	broker   *Broker
	funcs    map[string]Function
	builtins map[string]Function
	sink     *sink
	flush    func() // makes entries of what functions have printed
	ctx      context.Context
	end      context.CancelCauseFunc
	asked    chan time.Duration // the time of a shutdown that the parent asked for
	pulls    chan struct{}      // room for the blobs that functions pull
	shared   []byte             // what all calls share
	contents meter              // of what has moved for all functions
	cpus     processors

	mu      sync.Mutex // guards what follows
	callers map[Address]*caller
	ready   []*run
	quick   []*run // ready calls of what the transport itself offers
	running int
	limit   int
	active  int           // calls that have no answer yet
	idle    chan struct{} // closed when closing and nothing is active
	closing bool
	until   time.Time // until when functions are waited for
}

// newEngine makes the engine of an agent, and registers it for the messages
// that come from above.
func newEngine(b *Broker, funcs []Function, s *sink, limit int) *engine {
	if limit <= 0 {
		limit = defaultParallel
	}
	e := &engine{
		broker: b, sink: s, limit: limit, flush: func() {},
		funcs: make(map[string]Function), builtins: builtins(),
		callers: make(map[Address]*caller),
		asked:   make(chan time.Duration, 1), idle: make(chan struct{}), pulls: make(chan struct{}, ownPulls),
	}
	for _, f := range funcs {
		e.funcs[f.FuncName()] = f
	}
	e.ctx, e.end = context.WithCancelCause(context.Background())
	b.services[handleCall] = service{fromAbove, func(_ *Stream, m *Message) { e.call(m) }}
	b.services[handleCancel] = service{fromAbove, func(_ *Stream, m *Message) { e.cancel(m) }}
	b.services[handleSpawn] = service{fromAbove, func(_ *Stream, m *Message) { e.cpus.all(); b.spawn(m) }}
	b.services[handleShutdown] = service{fromTheParent, func(_ *Stream, m *Message) { e.shutdown(m) }}
	b.logCredited = s.credited
	return e
}

// call takes a call off the stream. It never blocks.
func (e *engine) call(m *Message) {
	var p callPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		e.broker.reply(m, nil, &RemoteError{Kind: "protocol", Message: "the call cannot be read: " + err.Error()}, 0)
		return
	}
	e.mu.Lock()
	c := e.caller(m.Src)
	c.forget(p.Low)
	r := c.run(m.ReplyTo)
	switch {
	case e.closing, len(c.runs) > maxRuns, r.state != runExpected:
		delete(c.runs, m.ReplyTo)
		e.mu.Unlock()
		e.broker.reply(m, nil, &CancelledError{Function: p.Func, Phase: PhaseWaiting, Cause: "the context takes no more calls"}, 0)
		return
	}
	r.m, r.name, r.in, r.timeout, r.since = m, p.Func, p.In, time.Duration(p.Timeout), time.Now()
	r.pipe = p.Pipe
	r.state = runWaiting
	e.active++
	cause := c.link(r, p.After, true)
	c.link(r, p.Settled, false)
	if r.cancelled {
		cause = errCancelled
	}
	e.mu.Unlock()
	switch {
	case cause == errCancelled:
		e.settle(r, nil, &CancelledError{Function: r.name, Phase: PhaseWaiting})
	case cause != nil:
		e.settle(r, nil, skipped(r.name, cause))
	default:
		e.startIfReady(r)
	}
}

// startIfReady queues a call that waits for nothing, and starts what may start.
func (e *engine) startIfReady(r *run) {
	e.mu.Lock()
	if r.waits == 0 && r.state == runWaiting && !r.answered {
		e.enqueue(r)
	}
	e.mu.Unlock()
	e.schedule()
}

// enqueue makes a call ready. It does so once. The caller holds mu.
func (e *engine) enqueue(r *run) {
	r.waits = -1
	if e.builtins[r.name] != nil {
		e.quick = append(e.quick, r)
		return
	}
	e.ready = append(e.ready, r)
}

// schedule starts as many ready calls as the limit allows.
func (e *engine) schedule() {
	for {
		e.mu.Lock()
		r, f := e.nextReady()
		e.mu.Unlock()
		if r == nil {
			return
		}
		e.broker.goroutine(func() {
			growStack()
			e.execute(r, f)
		})
	}
}

// nextReady takes the next call that may start. What the transport itself
// offers is not limited. The caller holds mu.
func (e *engine) nextReady() (*run, Function) {
	for len(e.quick) > 0 {
		r := e.quick[0]
		e.quick = e.quick[1:]
		if r.state == runWaiting {
			r.state = runRunning
			return r, e.builtins[r.name]
		}
	}
	for len(e.ready) > 0 && e.running < e.limit {
		r := e.ready[0]
		e.ready[0] = nil
		e.ready = e.ready[1:]
		if r.state == runWaiting {
			r.state = runRunning
			e.running++
			return r, e.funcs[r.name]
		}
	}
	return nil, nil
}

// settle answers a call, once. The calls that come after it may then run, or
// are skipped.
func (e *engine) settle(r *run, out []byte, err error) {
	e.mu.Lock()
	if r.answered {
		e.mu.Unlock()
		return
	}
	r.answered = true
	if r.grace != nil {
		r.grace.Stop()
	}
	m, flags := r.m, uint8(0)
	if r.pipe != 0 && !toldToEnd(err) {
		flags = flagBulk // behind what the function wrote
	}
	e.mu.Unlock()
	e.broker.reply(m, out, err, flags)
	e.mu.Lock()
	if r.state == runRunning && e.builtins[r.name] == nil {
		e.running--
	}
	r.state, r.err = runOver, err
	r.m, r.in = nil, nil
	followers := r.followers
	r.followers = nil
	e.finished()
	e.mu.Unlock()
	for _, f := range followers {
		e.predecessorEnded(f, err)
	}
	e.schedule()
}

// toldToEnd reports whether a function ended because it was told to. Nobody wants the rest
// of what it wrote then.
func toldToEnd(err error) bool {
	switch err.(type) {
	case *CancelledError, *TimeoutError:
		return true
	}
	return false
}

// finished notes that a call is over. The caller holds mu.
func (e *engine) finished() {
	if e.active--; e.closing && e.active == 0 {
		e.closeIdle()
	}
}

// unanswered are the calls that have no answer yet. The caller holds mu.
func (e *engine) unanswered() (all []*run) {
	for _, c := range e.callers {
		for _, r := range c.order {
			if r.state == runWaiting || r.state == runRunning {
				all = append(all, r)
			}
		}
	}
	return all
}

// closeIdle notes that no call is active any more.
func (e *engine) closeIdle() {
	select {
	case <-e.idle:
	default:
		close(e.idle)
	}
}

// predecessorEnded tells a call that a call that it comes after has ended.
func (e *engine) predecessorEnded(f follower, err error) {
	e.mu.Lock()
	if f.run.state != runWaiting {
		e.mu.Unlock()
		return
	}
	if err != nil && f.strict {
		e.mu.Unlock()
		e.settle(f.run, nil, skipped(f.run.name, err))
		return
	}
	if f.run.waits--; f.run.waits == 0 {
		e.enqueue(f.run)
	}
	e.mu.Unlock()
}

// cancel ends one call of a caller.
func (e *engine) cancel(m *Message) {
	var p cancelPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		e.broker.dropped(m, err.Error())
		return
	}
	e.mu.Lock()
	c := e.caller(m.Src)
	r := c.runs[p.ID]
	switch {
	case r == nil && len(c.order) > 0 && p.ID < c.order[0].id, r != nil && r.state == runOver:
		e.mu.Unlock()
		return
	case r == nil:
		r = c.run(p.ID)
	}
	r.cancelled = true
	state, cancel := r.state, r.cancel
	e.mu.Unlock()
	switch {
	case state == runWaiting:
		e.settle(r, nil, &CancelledError{Function: r.name, Phase: PhaseWaiting})
	case cancel != nil:
		cancel(errCancelled)
		e.beginGrace(r)
	}
}

// shutdown is called when the parent tells this context to end.
func (e *engine) shutdown(m *Message) {
	var p shutdownPayload
	if err := Unmarshal(m.Data, &p); err != nil || p.Within <= 0 {
		p.Within = int64(4 * time.Second)
	}
	select {
	case e.asked <- time.Duration(p.Within):
		_ = e.broker.forward(&Message{Dst: m.Src, Src: e.broker.self, Handle: handleBye})
	default:
	}
}

// stop cancels every call and waits for their functions, within the time.
func (e *engine) stop(why error, within time.Duration) {
	e.mu.Lock()
	e.closing, e.until = true, time.Now().Add(within)
	var waiting, running []*run
	for _, r := range e.unanswered() {
		if r.state == runWaiting {
			waiting = append(waiting, r)
		} else {
			running = append(running, r)
		}
	}
	if e.active == 0 {
		e.closeIdle()
	}
	e.mu.Unlock()
	for _, r := range waiting {
		e.settle(r, nil, &CancelledError{Function: r.name, Phase: PhaseWaiting, Cause: why.Error()})
	}
	e.end(why)
	for _, r := range running {
		e.beginGrace(r)
	}
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-e.idle:
	case <-t.C:
	}
}

// left is how long functions are still waited for.
func (e *engine) left() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(0, time.Until(e.until))
}
