package transport

import (
	"context"
	"errors"
	"iter"
	"sync"
)

// Errors of a Select and of a Receiver.
var (
	// ErrOwned is the error of adding a receiver or select that a Select
	// already waits for.
	ErrOwned = errors.New("already a source of a select")
	// ErrEmpty is the error of waiting when nothing can come any more.
	ErrEmpty = errors.New("no source is left")
)

// Source is anything that a Select can wait for: a *Result, a *Receiver, or
// another *Select.
type Source interface {
	// watch makes m fire once for each event, those that are there already
	// included.
	watch(m *member) error
	unwatch(m *member)
	// take returns the next event if there is one, and whether more can come.
	take() (ev Event, ok, more bool, err error)
}

// Event is something that a source had to say. The error that belongs to it is
// returned beside it.
type Event struct {
	Source Source
	// Context is where the event comes from; nil if that is no context.
	Context *Context
	Value   any
}

// member is one source of one Select.
type member struct {
	owner *Select
	src   Source
}

// fire tells the owner that the source has one more event.
func (m *member) fire() { m.owner.fired(m) }

// Select waits for whichever of its sources is first. NewSelect makes it, and
// sources may be added and removed at any time. Next returns one event, All
// yields every one. A source that can fire only once, such as a Result, is removed
// when it has; when none is left, waiting ends with ErrEmpty. Adding, removing and
// taking an event cost the same however many sources there are. It never cancels
// what it waits for, needs no end, and may be used by any goroutine.
type Select struct {
	mu      sync.Mutex // guards what follows
	members map[Source]*member
	ready   []*member // one entry for each event, in order
	next    int       // the first entry of ready that was not taken
	wake    chan struct{}
	outer   *member // in the Select that this one is a source of; nil if there is none
}

// NewSelect makes a Select of these sources. One that a Select waits for
// already, and one that is nil, is left out; Add tells.
func NewSelect(sources ...Source) *Select {
	s := &Select{}
	for _, src := range sources {
		_ = s.Add(src)
	}
	return s
}

// Add adds a source. Adding one twice changes nothing.
func (s *Select) Add(src Source) error {
	if isNil(src) {
		return errNoSource
	}
	if inner, ok := src.(*Select); ok && inner.contains(s) {
		return errors.New("a select cannot wait for itself")
	}
	m := &member{s, src}
	s.lock()
	if s.members[src] != nil {
		s.mu.Unlock()
		return nil
	}
	s.members[src] = m
	s.mu.Unlock()
	if err := src.watch(m); err != nil {
		s.mu.Lock()
		delete(s.members, src)
		s.mu.Unlock()
		return err
	}
	return nil
}

// contains reports whether s is other or waits for it.
func (s *Select) contains(other *Select) bool {
	if s == other {
		return true
	}
	s.mu.Lock()
	var inner []*Select
	for src := range s.members {
		if sel, ok := src.(*Select); ok {
			inner = append(inner, sel)
		}
	}
	s.mu.Unlock()
	for _, sel := range inner {
		if sel.contains(other) {
			return true
		}
	}
	return false
}

// Remove removes a source. What it has to say stays with it.
func (s *Select) Remove(src Source) {
	s.lock()
	m := s.members[src]
	delete(s.members, src)
	s.signal()
	s.mu.Unlock()
	if m != nil {
		src.unwatch(m)
	}
}

// Len is the number of sources.
func (s *Select) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.members)
}

// fired queues a member that has one more event, and wakes whoever waits.
func (s *Select) fired(m *member) {
	s.mu.Lock()
	if s.next > 64 && s.next > len(s.ready)/2 {
		s.ready, s.next = append([]*member(nil), s.ready[s.next:]...), 0
	}
	s.ready = append(s.ready, m)
	s.signal()
	outer := s.outer
	s.mu.Unlock()
	if outer != nil {
		outer.fire()
	}
}

// lock locks mu, and makes what a zero value has not.
func (s *Select) lock() {
	s.mu.Lock()
	if s.members == nil {
		s.members, s.wake = make(map[Source]*member), make(chan struct{})
	}
}

// signal wakes whoever waits. The caller holds mu.
func (s *Select) signal() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// pop is the next member that has something to say, nil if there is none. empty
// is true if no source is left.
func (s *Select) pop() (m *member, empty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next < len(s.ready) {
		m, s.ready[s.next] = s.ready[s.next], nil
		if s.next++; s.next == len(s.ready) {
			s.ready, s.next = s.ready[:0], 0
		}
		if s.members[m.src] == m {
			return m, false
		}
	}
	return nil, len(s.members) == 0
}

// take is the next event, without waiting.
func (s *Select) take() (ev Event, ok, more bool, err error) {
	for {
		m, empty := s.pop()
		if m == nil {
			return Event{}, false, !empty, nil
		}
		ev, ok, more, err = m.src.take()
		if !more {
			s.drop(m)
		}
		if ok {
			return ev, true, s.Len() > 0, err
		}
	}
}

// drop removes a member that has nothing more to say.
func (s *Select) drop(m *member) {
	s.mu.Lock()
	if s.members[m.src] == m {
		delete(s.members, m.src)
	}
	s.mu.Unlock()
	m.src.unwatch(m)
}

// Next waits for the next event. The error is that of the event, that of ctx,
// or ErrEmpty if no source is left. Only the first of these comes with an
// event.
func (s *Select) Next(ctx context.Context) (Event, error) {
	for {
		wake := s.changes()
		ev, ok, more, err := s.take()
		switch {
		case ok:
			return ev, err
		case !more:
			return Event{}, ErrEmpty
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return Event{}, endOf(ctx)
		}
	}
}

// changes is closed at the next change.
func (s *Select) changes() <-chan struct{} {
	s.lock()
	defer s.mu.Unlock()
	return s.wake
}

// All yields events with their errors until no source is left or ctx ends. The
// end of ctx is the last error.
func (s *Select) All(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			ev, err := s.Next(ctx)
			if ev.Source == nil {
				if !errors.Is(err, ErrEmpty) {
					yield(ev, err)
				}
				return
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func (s *Select) watch(m *member) error {
	s.mu.Lock()
	if s.outer != nil {
		s.mu.Unlock()
		return ErrOwned
	}
	s.outer = m
	n := len(s.ready) - s.next
	s.mu.Unlock()
	for range n {
		m.fire()
	}
	return nil
}

func (s *Select) unwatch(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outer == m {
		s.outer = nil
	}
}

func (r *Result[T]) watch(m *member) error {
	if r.unmade() {
		return errNoResult
	}
	r.untyped.watch(m)
	return nil
}

func (r *Result[T]) unwatch(m *member) { r.untyped.unwatch(m) }

func (r *Result[T]) take() (Event, bool, bool, error) {
	v, ok, err := r.untyped.get()
	return Event{Source: r, Context: r.untyped.context, Value: v}, ok, !ok, err
}
