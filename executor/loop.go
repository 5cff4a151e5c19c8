package executor

import (
	"context"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// loop is what planning and applying share: one Select, and what to do with
// each thing that arrives. Everything in it runs on one goroutine.
type loop struct {
	sel      *transport.Select
	handlers map[transport.Source]func(any, error)
	due      []func() // answers that are there already
	inflight int      // calls that were sent and not answered
	queue    []func() // calls that wait for their turn
	view     View
}

// stopGrace bounds how long answers are waited for after the user asked to stop.
const stopGrace = 10 * time.Second

// begin makes an empty loop; what it returns ends it, and gives up what it was
// still waiting for: a source belongs to one Select at a time.
func (l *loop) begin() func() {
	l.sel = transport.NewSelect()
	l.handlers = map[transport.Source]func(any, error){}
	l.due, l.queue, l.inflight = nil, nil, 0
	return func() {
		for src := range l.handlers {
			l.sel.Remove(src)
		}
		l.sel, l.handlers = nil, nil
	}
}

// on has a handler called with what a source says; once.
func (l *loop) on(src transport.Source, f func(any, error)) {
	l.handlers[src] = f
	if err := l.sel.Add(src); err != nil {
		delete(l.handlers, src)
		l.later(func() { f(nil, err) })
	}
}

func (l *loop) later(f func()) { l.due = append(l.due, f) }

// wait handles what is there, or waits for one thing and handles that.
func (l *loop) wait(ctx context.Context) error {
	if len(l.due) > 0 {
		due := l.due
		l.due = nil
		for _, f := range due {
			f()
		}
		return nil
	}
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

// call sends now or when it is its turn; the answer has to come with answered.
func (l *loop) call(limit int, send func()) {
	if limit > 0 && l.inflight >= limit {
		l.queue = append(l.queue, send)
		return
	}
	l.inflight++
	send()
}

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
	e.Time = time.Now()
	l.view.Event(e)
}
