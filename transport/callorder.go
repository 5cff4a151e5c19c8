package transport

import (
	"fmt"
	"slices"
)

// enterAfter gives the call its id, and fills in the calls that it comes after.
// If one of those has ended in between, the context may have forgotten it
// already; then its result, which is there at once, is used instead.
func (c *Context) enterAfter(p *pendingCall, o callOptions, req *callPayload) (err error) {
	for {
		if req.After, err = c.before(p.name, o.after, true); err != nil {
			return err
		}
		if req.Settled, err = c.before(p.name, o.settled, false); err != nil {
			return err
		}
		p.names = slices.Concat(req.After, req.Settled)
		low, forgotten, err := c.enter(p)
		if err != nil {
			return err
		}
		if forgotten == 0 {
			req.Low = c.newLow(low)
			return nil
		}
		for _, call := range slices.Concat(o.after, o.settled) {
			if call.result().id == forgotten {
				<-call.Done()
			}
		}
	}
}

// before returns the ids of the calls to wait for. One that has ended is not
// among them: its result is used at once.
func (c *Context) before(name string, calls []Pending, strict bool) ([]uint32, error) {
	var ids []uint32
	for _, call := range calls {
		if isNil(call) || call.result().values == nil {
			return nil, fmt.Errorf("call %s: what it comes after: %w", name, errNoResult)
		}
		o := call.result()
		finished, err := o.state()
		switch {
		case o.context != c:
			return nil, fmt.Errorf("call %s: it can come after calls of the same context only", name)
		case finished && err != nil && strict:
			return nil, skipped(name, err)
		case finished:
		case o.id == 0:
			return nil, fmt.Errorf("call %s: what it comes after is no call", name)
		default:
			ids = append(ids, o.id)
		}
	}
	return ids, nil
}

// enter gives the call its id. It returns the lowest id that the context must
// remember: of a call without an answer, or of one that such a call comes
// after. If p comes after a call that the context may have forgotten, enter
// returns that call's id instead and does nothing.
func (c *Context) enter(p *pendingCall) (low, forgotten uint32, err error) {
	b := c.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case c.ended && c.err != nil:
		return 0, 0, c.err
	case c.ended:
		return 0, 0, &CancelledError{Function: p.name, Phase: PhaseNotSent, Cause: "context " + c.name + " was shut down"}
	}
	for _, id := range p.names {
		if id < c.low {
			return 0, id, nil
		}
	}
	for _, id := range p.names {
		c.named[id]++
	}
	p.id = b.registerLocked(p)
	p.out.id = p.id
	p.listed = true
	c.order = append(c.order, p)
	for !c.order[0].listed && c.named[c.order[0].id] == 0 {
		c.order[0] = nil
		c.order = c.order[1:]
	}
	c.low = c.order[0].id
	return c.low, 0, nil
}

// newLow is what a call tells the context of the lowest id: 0 if the call before told
// it the same.
func (c *Context) newLow(low uint32) uint32 {
	if c.toldLow.Swap(low) == low {
		return 0
	}
	return low
}

// unanswered is the call of this context that has an id and no answer yet, nil if there is
// none. The caller holds the broker's mutex.
func (c *Context) unanswered(id uint32) *pendingCall {
	if p, ok := c.broker.handlers[id].(*pendingCall); ok && p.context == c && p.listed {
		return p
	}
	return nil
}

// leave takes the call off the list of those without an answer.
func (p *pendingCall) leave() {
	b := p.context.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.handlers[p.id] == handler(p) {
		delete(b.handlers, p.id)
	}
	c := p.context
	if !p.listed {
		return
	}
	p.listed = false
	for _, id := range p.names {
		if c.named[id]--; c.named[id] == 0 {
			delete(c.named, id)
		}
	}
}
