package transport

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Bounds say how long the answer to a call is waited for, whatever the context
// says of itself: it may answer heartbeats and nothing else. Zero is no bound.
type Bounds struct {
	// Stall is the longest time without progress: no call of the context ends,
	// none says that it goes on (see Advance), and no part of a long message
	// gets through. Heartbeats and log entries are no progress.
	Stall time.Duration
	// Total is the longest time in all, whatever progress there is. The time in which
	// contents move does not count: what its context pulls of the blobs that this
	// process has offered to it, each as often as it was offered, what contexts behind
	// the same hop pull of these blobs, what the pipes of its calls carry, and long calls
	// and answers themselves, all together at 4 KiB/s or more. This process counts them
	// itself.
	Total time.Duration
	// InTurn makes both times begin when the calls have ended that this one
	// comes after. Otherwise they begin when the call is sent. They never begin
	// before the context is up: its start has bounds of its own.
	InTurn bool
}

// Bounded ends a call with a *TimeoutError when one of its bounds is over, and
// tells the context to cancel it. A call that comes after one that was ended so
// gets a *SkippedError.
func Bounded(b Bounds) CallOption { return func(o *callOptions) { o.bounds = b } }

// watch ends the calls of one context when their bounds are over. One timer
// serves them all.
type watch struct {
	mu    sync.Mutex // guards what follows; not held while a call is ended
	calls map[*pendingCall]*bounded
	moved time.Time // when there was progress last
	// bytes is how many bytes of contents have moved to the context and from it, and
	// bytesAt when the last of them did; settled is when their time was worked out last.
	// See transit.
	bytes            int64
	bytesAt, settled time.Time
	timer            *time.Timer
	due              time.Time // when the timer fires
}

// bounded is one call that is watched.
type bounded struct {
	Bounds
	transit
	sent   time.Time
	before []Pending // for InTurn
	seen   int64     // how much of watch.bytes is in transit
}

// add watches a call that was just sent.
func (w *watch) add(p *pendingCall, b Bounds, before []Pending) {
	if b.Stall <= 0 && b.Total <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls == nil {
		w.calls = make(map[*pendingCall]*bounded)
	}
	now := time.Now()
	w.calls[p] = &bounded{Bounds: b, sent: now, before: before, seen: w.bytes}
	w.arm(p.context, now.Add(b.shortest()))
}

// shortest is the time after which there is something to look at.
func (b Bounds) shortest() time.Duration {
	if b.Stall > 0 && (b.Total <= 0 || b.Stall < b.Total) {
		return b.Stall
	}
	return b.Total
}

// remove stops watching a call, which has its result.
func (w *watch) remove(p *pendingCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.calls[p]; !ok {
		return
	}
	delete(w.calls, p)
	if len(w.calls) == 0 && w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// progress notes that something goes on.
func (w *watch) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) > 0 {
		w.moved = time.Now()
	}
}

// arm makes the timer fire at a time, unless it fires before that. The caller
// holds mu.
func (w *watch) arm(c *Context, at time.Time) {
	if w.timer != nil {
		if !at.Before(w.due) {
			return
		}
		w.timer.Stop()
	}
	w.due = at
	w.timer = time.AfterFunc(time.Until(at), func() { w.fire(c) })
}

// fire ends the calls whose bounds are over and sets the timer for the others.
// Those that were sent first are ended first: others may come after them.
func (w *watch) fire(c *Context) {
	over, phase := w.expired(c, time.Now())
	for _, p := range over {
		p.expire(phase[p])
	}
}

// expired stops watching the calls whose bounds are over, and returns them in
// the order in which they were sent, each with its error.
func (w *watch) expired(c *Context, now time.Time) ([]*pendingCall, map[*pendingCall]*TimeoutError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	var over []*pendingCall
	errs := map[*pendingCall]*TimeoutError{}
	for p, b := range w.calls {
		at, err := w.deadline(c, p, b, now)
		if !at.After(now) {
			over, errs[p] = append(over, p), err
			continue
		}
		w.arm(c, at)
	}
	slices.SortFunc(over, func(p, q *pendingCall) int { return cmp.Compare(p.id, q.id) })
	return over, errs
}

// deadline is when a call is over, and with which error. If its time has not
// begun, it is when to look again. The caller holds mu.
func (w *watch) deadline(c *Context, p *pendingCall, b *bounded, now time.Time) (time.Time, *TimeoutError) {
	began, ok := b.began(c)
	if !ok {
		return now.Add(b.shortest()), nil
	}
	w.settleOne(c, b, now)
	total := began.Add(b.Total + b.took)
	stall := began.Add(b.Stall)
	if w.moved.After(began) {
		stall = w.moved.Add(b.Stall)
	}
	if b.Stall <= 0 || b.Total > 0 && total.Before(stall) {
		return total, &TimeoutError{Function: p.name, After: b.Total, Phase: PhaseEndless, Moved: b.took.Round(time.Second / 10)}
	}
	return stall, &TimeoutError{Function: p.name, After: b.Stall, Phase: PhaseStalled}
}

// began is when the call's time began; ok is false if it has not.
func (b *bounded) began(c *Context) (time.Time, bool) {
	up, err := c.ready.untyped.ended()
	if up.IsZero() || err != nil {
		return time.Time{}, false
	}
	began := b.sent
	if up.After(began) {
		began = up
	}
	if !b.InTurn {
		return began, true
	}
	for _, q := range b.before {
		at, _ := q.result().ended()
		if at.IsZero() {
			return time.Time{}, false
		}
		if at.After(began) {
			began = at
		}
	}
	return began, true
}

// expire ends a call whose bounds are over. It ends here before it is cancelled
// there: what the other side says of the cancel is not the reason of its end.
func (p *pendingCall) expire(e *TimeoutError) {
	p.fail(p.overdue(e))
	_ = p.context.broker.sendValue(p.context.address, handleCancel, cancelPayload{ID: p.id})
}

// overdue is the error of a call whose bounds are over: e, or that it was skipped
// if a call that it comes after has failed.
func (p *pendingCall) overdue(e *TimeoutError) error {
	for _, q := range p.strict {
		if finished, err := q.result().state(); finished && err != nil {
			return skipped(p.name, err)
		}
	}
	return e
}

// bounds says, for people, how long a call is waited for; "" if it has no
// bounds.
func (w *watch) bounds(p *pendingCall) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.calls[p]
	if b == nil {
		return ""
	}
	began, ok := b.began(p.context)
	if !ok {
		return "; its time has not begun"
	}
	text := ""
	if b.Stall > 0 {
		last := began
		if w.moved.After(last) {
			last = w.moved
		}
		text = fmt.Sprintf("; last progress %s ago, given up after %s without any", time.Since(last).Round(time.Second), b.Stall)
	}
	if b.Total > 0 {
		text += fmt.Sprintf("; given up after %s in all", b.Total)
	}
	return text
}

// callsProgress notes that a part of a long message has got through, to a context or
// from one. It counts as contents that move if the message is a call, or the answer to
// one, as far as that may be long.
func (b *Broker) callsProgress(a Address, reply uint32, n int) {
	c := b.contextAt(a)
	if c == nil {
		return
	}
	c.watch.progress()
	if reply != 0 {
		n = c.answering(reply, n)
	}
	if n > 0 {
		c.watch.carried(c, int64(n))
	}
}

// answering is how many of those bytes count that have come for a call.
func (c *Context) answering(id uint32, n int) int {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	p := c.unanswered(id)
	if p == nil {
		return 0
	}
	n = min(n, c.broker.maxReply-p.came)
	p.came += n
	return n
}
