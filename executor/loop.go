package executor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// work is what the loop drives: planning, which makes a plan, or applying, which
// carries one out. Both are asked what may be sent now and told what came back.
// All methods are called on the goroutine of the Session.
type work interface {
	// Next are the steps that may be sent now, each once. Those of one answer
	// leave together.
	Next() []*planner.Step
	// Done tells how a step came back.
	Done(*planner.Step, planner.Result)
	// Finished reports whether nothing is left to wait for.
	Finished() bool
	// Stop is called once, when the user asks to stop.
	Stop()

	// limit bounds a step; sent tells that one has left.
	limit(*planner.Step) limit
	sent(*planner.Step)
}

// drive carries out work until it is finished. When ctx ends, it calls Stop
// once: nothing new starts, and what runs is waited for as long as the work
// says. The error is the cause why ctx ended, or nil.
func (s *Session) drive(ctx context.Context, w work) error {
	var stopped error
	wait := ctx
	for {
		if stopped == nil && ctx.Err() != nil {
			stopped = context.Cause(ctx)
			wait = context.WithoutCancel(ctx)
			w.Stop()
		}
		for _, step := range w.Next() {
			s.carryOut(ctx, w, step)
		}
		if w.Finished() {
			return stopped
		}
		if err := s.loop.wait(wait); err != nil && ctx.Err() == nil {
			return err // nothing can arrive any more
		}
	}
}

// loop waits for everything that a Session waits for, in one Select, and calls a
// handler for each thing that arrives. A Session embeds one. begin makes it
// ready for one plan or apply, and the function that begin returns ends that.
// All handlers run on the goroutine of the Session, one at a time, so what they
// share needs no lock. The loop knows nothing about steps and plans.
type loop struct {
	sel      *transport.Select
	handlers map[transport.Source]func(any, error)
	due      []func() // to call in the next wait
	alarms   []alarm  // the earliest first
	inflight int      // calls that were sent and not answered
	queue    []func() // calls that wait until fewer are in flight
	view     View
}

// alarm is a function to call at a given time.
type alarm struct {
	at time.Time
	f  func()
}

// begin empties the loop. The function that it returns ends the loop and removes
// the sources that are still waited for, because a source can be in only one
// Select at a time.
func (l *loop) begin() func() {
	l.sel = transport.NewSelect()
	l.handlers = map[transport.Source]func(any, error){}
	l.due, l.alarms, l.queue, l.inflight = nil, nil, nil, 0
	return func() {
		for src := range l.handlers {
			l.sel.Remove(src)
		}
		l.sel, l.handlers = nil, nil
	}
}

// on calls f once, with the value or the error of src, as soon as it is there.
func (l *loop) on(src transport.Source, f func(any, error)) {
	l.handlers[src] = f
	if err := l.sel.Add(src); err != nil {
		delete(l.handlers, src)
		l.later(func() { f(nil, err) })
	}
}

// later calls f in the next wait.
func (l *loop) later(f func()) { l.due = append(l.due, f) }

// after calls f when d has passed.
func (l *loop) after(d time.Duration, f func()) {
	at := time.Now().Add(d)
	k := len(l.alarms)
	for k > 0 && l.alarms[k-1].at.After(at) {
		k--
	}
	l.alarms = slices.Insert(l.alarms, k, alarm{at, f})
}

// wait calls the handlers of what has arrived or, if nothing has, waits for one
// thing and calls its handler.
func (l *loop) wait(ctx context.Context) error {
	if len(l.due) > 0 {
		due := l.due
		l.due = nil
		for _, f := range due {
			f()
		}
		return nil
	}
	if len(l.alarms) > 0 {
		return l.waitUntil(ctx, l.alarms[0])
	}
	return l.waitForOne(ctx)
}

// waitUntil waits for one thing, but not past the time of an alarm. If nothing
// arrived by then, it calls the alarm's function.
func (l *loop) waitUntil(ctx context.Context, a alarm) error {
	until, cancel := context.WithDeadline(ctx, a.at)
	defer cancel()
	err := l.waitForOne(until)
	if errors.Is(err, transport.ErrEmpty) {
		<-until.Done()
		err = until.Err()
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	l.alarms = l.alarms[1:]
	a.f()
	return nil
}

func (l *loop) waitForOne(ctx context.Context) error {
	ev, err := l.sel.Next(ctx)
	if ev.Source == nil {
		return err
	}
	f := l.handlers[ev.Source]
	delete(l.handlers, ev.Source)
	if f != nil {
		f(ev.Value, err)
	}
	return nil
}

// call sends now, if fewer than limit calls are in flight, and otherwise when
// one of them has been answered. Whoever sends has to call answered when the
// answer comes.
func (l *loop) call(limit int, send func()) {
	if limit > 0 && l.inflight >= limit {
		l.queue = append(l.queue, send)
		return
	}
	l.inflight++
	send()
}

// answered is called when a call has been answered. It sends the next one that
// waits.
func (l *loop) answered() {
	l.inflight--
	if len(l.queue) > 0 {
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.inflight++
		next()
	}
}

func (l *loop) emit(e Event) {
	if l.view == nil {
		return
	}
	l.view.Event(e)
}
