package transport

import "time"

// slowest is the rate in bytes a second at which contents have to move so that the time
// they take counts against no bound of a call in all.
const slowest = 4 << 10

// timeOf is how long so many bytes take at the slowest rate.
func timeOf(n int64) time.Duration { return time.Duration(n) * (time.Second / slowest) }

// transitEvery is how often the time of contents that move is worked out at most.
const transitEvery = time.Second

// transit is the time that contents of one call took on their way: blobs that its
// context pulls, and what the call's pipe carries. A call may take so much longer. It is
// never more than the time in which something moved, nor than the bytes take at the
// slowest rate, so neither a trickle nor a burst buys any time.
type transit struct {
	took  time.Duration
	bytes int64     // since then
	since time.Time // zero before the first
	last  time.Time // when something moved last
}

// add notes that so many bytes have moved.
func (t *transit) add(n int64, now time.Time) {
	t.bytes += n
	if now.After(t.last) {
		t.last = now
	}
}

// due reports whether it is time to settle.
func (t *transit) due(now time.Time) bool { return now.Sub(t.since) >= transitEvery }

// settle works out the time of the bytes that have moved since the last that it has worked
// out, or since from, if that is later.
func (t *transit) settle(from time.Time) {
	if t.since.After(from) {
		from = t.since
	}
	if t.bytes == 0 {
		return
	}
	t.took += max(0, min(t.last.Sub(from), timeOf(t.bytes)))
	t.bytes, t.since = 0, t.last
}

// carried notes that so many bytes of contents have moved to the context or from it. All
// calls of it that run share the line, and may wait for them.
func (w *watch) carried(c *Context, n int64) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += n
	w.bytesAt = now
	if now.Sub(w.settled) >= transitEvery {
		w.settle(c, now)
	}
}

// pipes notes that the pipe of a call has carried so many bytes, which is progress, too.
func (w *watch) pipes(c *Context, n int) {
	w.progress()
	if n > 0 {
		w.carried(c, int64(n))
	}
}

// settle works out the time of contents for all calls. The caller holds mu.
func (w *watch) settle(c *Context, now time.Time) {
	w.settled = now
	for _, b := range w.calls {
		w.settleOne(c, b, now)
	}
}

// settleOne works out the time of contents for one call. What moves before the time of
// the call has begun is not for it. The caller holds mu.
func (w *watch) settleOne(c *Context, b *bounded, now time.Time) {
	if w.bytes > b.seen {
		b.add(w.bytes-b.seen, w.bytesAt)
		b.seen = w.bytes
	}
	began, ok := b.began(c)
	if !ok {
		began = now
	}
	b.settle(began)
}

// movedFor is for how long contents have moved while a call runs.
func (w *watch) movedFor(p *pendingCall) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.calls[p]
	if b == nil {
		return 0
	}
	w.settleOne(p.context, b, time.Now())
	return b.took
}

// served counts what a context took of a blob that it pulls, as long as that is no more
// than it was offered: one that pulls it again and again gains nothing. Other contexts
// behind the same child that were offered the blob may wait for these very bytes, as a hop
// keeps them for all, so they count for those, too.
func (b *Broker) served(p *servedPull, n int) {
	if p.offer == nil || n <= 0 {
		return
	}
	b.mu.Lock()
	counts := min(int64(n), p.offer.due-p.offer.served)
	p.offer.served += counts
	var waiting []*Context
	if counts > 0 {
		waiting = b.contexts[p.key.child].offeredBehind(p.key.child, p.Blob, nil)
	}
	b.mu.Unlock()
	for _, c := range waiting {
		c.watch.carried(c, counts)
	}
}

// offeredBehind adds to found the context and those started through it that are behind a
// child and were offered a blob. The caller holds the broker's mutex.
func (c *Context) offeredBehind(child Address, blob Blob, found []*Context) []*Context {
	if c == nil || !c.address.Behind(child) {
		return found
	}
	if c.offers[blob] != nil {
		found = append(found, c)
	}
	for d := range c.behind {
		found = d.offeredBehind(child, blob, found)
	}
	return found
}
