package transport

import (
	"context"
	"sync"
)

// callEnds cancels the calls of one context whose ctx has ended. Calls that were made with
// one ctx, and with no other in between, wait for its end together: a context.AfterFunc for
// each of them is a sixth of what a call costs its caller.
type callEnds struct {
	mu sync.Mutex // guards what follows, and the calls' places in it; not held while a ctx is asked
	// latest is what the next call with the same ctx waits with; nil if there is nothing.
	latest *callEnd
}

// callEnd are calls that wait for the end of one ctx. It is done with when the last of them
// has its result.
type callEnd struct {
	done  <-chan struct{} // of the ctx
	first *pendingCall
	stop  func() bool // of the ctx's AfterFunc; nil until that is known
}

// endPlace is where a call stands among those that wait with it. It is zero for one that does
// not wait.
type endPlace struct {
	of         *callEnd
	prev, next *pendingCall
}

// follow cancels the call when ctx ends, unless it has its result before.
func (p *pendingCall) follow(ctx context.Context) {
	done := ctx.Done()
	if done == nil {
		return
	}
	ends := &p.context.ends
	if g := ends.add(p, done); g != nil {
		ends.stopBy(g, context.AfterFunc(ctx, func() { ends.cancel(g) }))
	}
	if p.finished() {
		ends.remove(p)
	}
}

// add has a call wait for the end of a ctx. The result is what has to be told of that end,
// nil if that is told already.
func (e *callEnds) add(p *pendingCall, done <-chan struct{}) (untold *callEnd) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.latest == nil || e.latest.done != done {
		e.latest = &callEnd{done: done}
		untold = e.latest
	}
	first := e.latest.first
	p.place = endPlace{of: e.latest, next: first}
	if first != nil {
		first.place.prev = p
	}
	e.latest.first = p
	return untold
}

// stopBy notes how g stops to be told of the end of its ctx.
func (e *callEnds) stopBy(g *callEnd, stop func() bool) {
	e.mu.Lock()
	g.stop = stop
	over := g.first == nil
	e.mu.Unlock()
	if over {
		stop()
	}
}

// remove ends the waiting of a call.
func (e *callEnds) remove(p *pendingCall) {
	if stop := e.takeOut(p); stop != nil {
		stop()
	}
}

// takeOut is remove without the last step, which is the result, if the call was the last
// that waited.
func (e *callEnds) takeOut(p *pendingCall) (stop func() bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := p.place
	if at.of == nil {
		return nil
	}
	p.place = endPlace{}
	if at.next != nil {
		at.next.place.prev = at.prev
	}
	if at.prev != nil {
		at.prev.place.next = at.next
		return nil
	}
	if at.of.first = at.next; at.next != nil {
		return nil
	}
	e.forget(at.of)
	return at.of.stop
}

// forget has no further call wait with those of g. The caller holds mu.
func (e *callEnds) forget(g *callEnd) {
	if e.latest == g {
		e.latest = nil
	}
}

// cancel is called when the ctx of g has ended. The calls that were made first are
// cancelled first.
func (e *callEnds) cancel(g *callEnd) {
	e.mu.Lock()
	var calls []*pendingCall
	for p := g.first; p != nil; {
		calls = append(calls, p)
		p, p.place = p.place.next, endPlace{}
	}
	g.first = nil
	e.forget(g)
	e.mu.Unlock()
	for i := len(calls) - 1; i >= 0; i-- {
		calls[i].cancel()
	}
}
