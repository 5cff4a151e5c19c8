package executor

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// handle is how the session holds one context, from before its start until the session
// closes. Session.handleOf makes one for each planner.Hop that a step names. A step
// that arrives before the context has been started is held; one that arrives
// while it is on its way is sent at once and waits in transport. A handle belongs
// to the goroutine of the Session; only started may be read from others. A handle
// that was lost is not started again: the next plan or apply makes another.
type handle struct {
	*planner.Hop
	parent *handle
	// connector starts the context. It is nil if the arguments cannot be
	// decoded; argsErr says why.
	connector transport.Connector
	argsErr   error
	context   *transport.Context
	up        bool
	err       error
	held      []func() // what to send once it is started
	unsent    []func() // what to send once it is up, in this order
	began     time.Time
	// calls are the calls of this plan or apply, by address. A later call names
	// those that the agent has to finish first.
	calls   map[string]transport.Pending
	flights map[string]*flight
	saves   map[string]*inflow                    // how much has come of what calls save
	lock    *transport.Result[resource.LockReply] // of the current apply
	locking *lockWait                             // that of lock
	greeted func(transport.Greeting, error)
	// started is the context. A view reads it, from another goroutine, to show
	// how far the start has come.
	started atomic.Pointer[transport.Context]
	kept    int64 // size in bytes of the answers that the planner keeps
	// offered are the contents that the context may pull.
	offered map[transport.Blob]*transfer
}

// keep counts the bytes of an answer that the planner is about to keep. It
// returns an error if the answers of the host are too large in all; its
// connection is then being closed.
func (h *handle) keep(n int64) error {
	err := h.context.Hold(n)
	if err == nil {
		h.kept += n
	}
	return err
}

// unshared is a key as a request carries it: nil if it is the one that the context got
// with its start. A later plan may find that the context is on another machine, and
// that has another key.
func (h *handle) unshared(key []byte) []byte {
	if bytes.Equal(key, h.Key) {
		return nil
	}
	return key
}

// takeValue returns the value or the error of a call that has been answered, and
// counts the size of the answer with keep.
func takeValue[T any](h *handle, res *transport.Result[T]) (T, error) {
	v, err := res.Value()
	if over := h.keep(res.Size()); over != nil {
		return v, over
	}
	return v, err
}

// forget is called when a new plan replaces the one whose answers were kept.
// Their size no longer counts.
func (h *handle) forget() {
	if h.context != nil {
		h.context.Release(h.kept)
	}
	h.kept = 0
}

// startContext carries out a StepContext. It calls the work's Done when the
// context is up or has failed.
func (s *Session) startContext(ctx context.Context, w work, step *planner.Step) {
	h := s.handleOf(ctx, step.Hop)
	w.sent(step)
	greeted := func(g transport.Greeting, err error) {
		if err != nil {
			w.Done(step, planner.Result{Failure: s.failure(h, err)})
			return
		}
		w.Done(step, planner.Result{Facts: facts(g)})
	}
	if !h.up && h.err == nil {
		h.greeted = greeted
		return
	}
	s.later(func() {
		if h.context == nil {
			greeted(transport.Greeting{}, h.err)
			return
		}
		greeted(h.context.Ready().Value())
	})
}

// handleOf returns the context of a step. If there is none yet, it makes one and
// starts it, after the context that it is reached through.
func (s *Session) handleOf(ctx context.Context, how *planner.Hop) *handle {
	if h := s.handles[how.Address]; h != nil {
		return h
	}
	h := &handle{Hop: how, calls: map[string]transport.Pending{}, saves: map[string]*inflow{}, flights: map[string]*flight{}}
	h.connector, h.argsErr = s.connector(how)
	s.handles[how.Address] = h
	if how.Via == nil {
		s.open(ctx, h)
		return h
	}
	h.parent = s.handleOf(ctx, how.Via)
	s.whenStarted(h.parent, func() { s.open(ctx, h) })
	return h
}

// open starts a context, and waits in the loop for its greeting.
func (s *Session) open(ctx context.Context, h *handle) {
	s.transportUp()
	h.began = time.Now()
	err := s.connect(ctx, h)
	if err != nil {
		s.later(func() { s.ready(h, transport.Greeting{}, err) })
		return
	}
	h.started.Store(h.context)
	ready := h.context.Ready()
	s.on(ready, func(any, error) {
		g, err := ready.Value()
		s.ready(h, g, err)
	})
	s.sendHeld(h)
}

// connect asks transport to start the context. It returns an error if the start
// could not even be sent.
func (s *Session) connect(ctx context.Context, h *handle) (err error) {
	switch {
	case h.argsErr != nil:
		return h.argsErr
	case h.parent == nil:
		h.context, err = s.router.Connect(ctx, h.connector, s.connectOptions(h)...)
	case h.parent.context == nil:
		return &transport.ConnectError{Context: h.Label(), Chain: h.Chain(), Cause: h.parent.err.Error(), Root: h.parent.err}
	default:
		h.context, err = h.parent.context.Connect(ctx, h.connector, s.connectOptions(h)...)
	}
	return err
}

// sendHeld sends the steps that were held until the context was started.
func (s *Session) sendHeld(h *handle) {
	held := h.held
	h.held = nil
	for _, f := range held {
		f()
	}
}

// ready is called when a context has greeted or its start has failed.
func (s *Session) ready(h *handle, g transport.Greeting, err error) {
	s.warnings(h)
	h.up, h.err = err == nil, err
	switch {
	case h.greeted != nil:
		h.greeted(g, err)
		h.greeted = nil
	case err != nil:
		s.planner.Lost(h.Address, s.failure(h, err))
	}
	s.sendHeld(h)
	unsent := h.unsent
	h.unsent = nil
	for _, send := range unsent {
		send()
	}
	if h.up {
		s.watch(h)
	}
}

// warnings passes the warnings of a context's start to the planner, whether the
// start succeeded or not.
func (s *Session) warnings(h *handle) {
	if h.context == nil {
		return
	}
	for _, w := range h.context.Warnings() {
		s.planner.Warn(h.Address, &planner.Failure{Code: w.Code, Attr: w.Attr, Summary: w.Summary, Detail: w.Detail, Own: w.Own, Chain: h.Chain()})
	}
}

// whenStarted calls f as soon as the start of a context has been sent, or has
// failed. It does not wait until the context is up: transport holds what is sent
// to a context that is being started.
func (s *Session) whenStarted(h *handle, f func()) {
	if h.context == nil && h.err == nil {
		h.held = append(h.held, f)
		return
	}
	f()
}

// facts converts a greeting to the form that the planner takes.
func facts(g transport.Greeting) map[string]any {
	raw, err := transport.Marshal(g)
	if err != nil {
		return nil
	}
	var out map[string]any
	if transport.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}
