package executor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

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
