package transport

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// dumpWait bounds how long the dumps of other contexts are waited for.
	dumpWait = 2 * time.Second
	// dumpLines is how many lines of one sort are printed, those that wait for longest.
	dumpLines = 40
	// dumpWidth is how many bytes one line has at most.
	dumpWidth = 400
)

// dumpLine is one line of a dump, and since when what it says is so.
type dumpLine struct {
	since time.Time // zero for no time
	text  string
}

// dumpList are lines of one sort.
type dumpList []*dumpLine

func (l *dumpList) add(since time.Time, format string, args ...any) {
	*l = append(*l, &dumpLine{since, fmt.Sprintf(format, args...)})
}

// print prints the list, what is oldest first.
func (l dumpList) print(w *strings.Builder, now time.Time) {
	slices.SortFunc(l, func(x, y *dumpLine) int { return x.since.Compare(y.since) })
	for _, line := range l[:min(len(l), dumpLines)] {
		age := ""
		if !line.since.IsZero() {
			age = now.Sub(line.since).Round(time.Millisecond).String()
		}
		fmt.Fprintf(w, "%10s  %s\n", age, shorten(line.text, dumpWidth))
	}
	if more := len(l) - dumpLines; more > 0 {
		fmt.Fprintf(w, "%10s  and %d more\n", "", more)
	}
}

// dumpHere is what waits in this process. e is nil in the controller.
func (b *Broker) dumpHere(e *engine) string {
	now := time.Now()
	var w strings.Builder
	var lines dumpList
	lines.add(b.since, "broker %s", b.self)
	if b.up != nil {
		b.up.dump(&lines, "parent")
	}
	lines.print(&w, now)
	b.dumpChildren().print(&w, now)
	b.dumpHandlers(&w, now)
	b.bulk.dump().print(&w, now)
	if e != nil {
		e.dump().print(&w, now)
	}
	return w.String()
}

// dump says when the neighbour was heard last, and what waits for it.
func (s *Stream) dump(lines *dumpList, name string) {
	heard := s.frames.life.at(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read.After(heard) {
		heard = s.read
	}
	text := ""
	if s.account != nil && s.account.waiting.Load() {
		text = "; nothing is read from it until what it sent is taken"
	}
	lines.add(heard, "%s was heard last; %d bytes wait to be written to it, %d frames of them bulk; %d bytes of bulk under way, at most %d%s",
		name, s.queued, len(s.bulk), s.pace.flight, s.pace.window, text)
}

// dumpChildren says how far the children have come.
func (b *Broker) dumpChildren() (lines dumpList) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.children {
		name := fmt.Sprintf("child %s (%s)", c.address, c.name)
		if c.stream != nil {
			c.stream.dump(&lines, name)
			continue
		}
		bound := ""
		if clock := c.clock.Load(); clock != nil {
			left, runs := clock.remaining()
			bound = ", given up in " + left.Round(time.Millisecond).String()
			if !runs {
				bound = ", while its time stands still: it waits for its turn, for a person or for something on this machine"
			}
		}
		lines.add(c.since, "%s is starting (%s)%s; %d frames wait for it, %d bytes", name, *c.phase.Load(), bound, len(c.held), c.bytes)
	}
	return lines
}

// dumpHandlers prints what is waited for from elsewhere.
func (b *Broker) dumpHandlers(w *strings.Builder, now time.Time) {
	b.mu.Lock()
	handlers := make([]handler, 0, len(b.handlers))
	for _, h := range b.handlers {
		handlers = append(handlers, h)
	}
	b.mu.Unlock()
	var calls, others dumpList
	for _, h := range handlers {
		switch h := h.(type) {
		case *pendingCall:
			if h.name != dumpName {
				calls.add(h.since, "call %s in %s (id %d) %s", h.name, h.context.name, h.id, h.waitsFor(now))
			}
		case *tunnel:
			h.mu.Lock()
			others.add(h.since, "tunnel to %s by %s: %d bytes wait to be read, credit for %d", h.name, h.peer, h.size, h.credit)
			h.mu.Unlock()
		case *Receiver:
			h.mu.Lock()
			others.add(time.Time{}, "receiver %d: %d messages wait to be taken", h.handle, len(h.queue))
			h.mu.Unlock()
		}
	}
	calls.print(w, now)
	others.print(w, now)
}

// waitsFor says what the call waits for, and until when.
func (p *pendingCall) waitsFor(now time.Time) string {
	up, _ := p.context.ready.untyped.state()
	left := p.context.broker.unsentOf(p.context.address, p.id)
	text := "waits for its reply"
	switch {
	case !up:
		text = "waits until its context is up"
	case left > 0:
		text = fmt.Sprintf("has %d bytes that wait to be sent", left)
	}
	if p.caller.Err() != nil {
		text += "; cancelled"
	} else if at, ok := p.caller.Deadline(); ok {
		text += "; its time ends in " + at.Sub(now).Round(time.Millisecond).String()
	}
	return text + p.context.watch.bounds(p)
}

// dump says which long messages wait for credit.
func (s *bulkSender) dump() (lines dumpList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for dst, f := range s.flows {
		if len(f.queue) > 0 {
			t := f.queue[0]
			lines.add(time.Time{}, "long messages to %s: %d wait, %d bytes of the first are left, credit for %d", dst, len(f.queue), len(t.m.Data)-t.sent, f.credit)
		}
	}
	return lines
}

// dump says which calls wait or run in this context.
func (e *engine) dump() (lines dumpList) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.unanswered() {
		if r.name == dumpName {
			continue
		}
		text := r.state.String()
		switch {
		case r.state == runWaiting && r.waits > 0:
			text = fmt.Sprintf("waiting for %d calls that it comes after", r.waits)
		case r.state == runWaiting:
			text = fmt.Sprintf("waiting for its turn: %d of %d are running", e.running, e.limit)
		case r.grace != nil:
			text += ", although it was told to end"
		}
		if r.timeout > 0 {
			text += ", for at most " + r.timeout.String()
		}
		lines.add(r.since, "function %s is %s; id %d", r.name, text, r.id)
	}
	if n := len(e.pulls); n > 0 {
		lines.add(time.Time{}, "%d of %d pulls of blobs run", n, cap(e.pulls))
	}
	return lines
}

// dumpContexts are the contexts that were started from here and have not ended, those
// above before those below.
func (b *Broker) dumpContexts() (all []*Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.contexts {
		if !c.ended {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y *Context) int { return cmp.Compare(x.address.path, y.address.path) })
	return all
}

// askDumps asks those contexts that are up for their dumps. They have less time than this
// process has, so that the answer still arrives.
func (b *Broker) askDumps(ctx context.Context, contexts []*Context, within int64) map[*Context]*Result[*dumpOut] {
	asked := make(map[*Context]*Result[*dumpOut])
	for _, c := range contexts {
		if up, err := c.ready.untyped.state(); up && err == nil {
			asked[c] = callAsync[*dumpOut](ctx, c, dumpName, plainValues, within/4*3)
		}
	}
	return asked
}
