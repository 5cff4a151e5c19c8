package executor

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// hop is one context of the session, started or about to be.
type hop struct {
	*planner.Hop
	parent *hop
	// connector starts the context; nil where its arguments cannot be read, and
	// unread says why.
	connector transport.Connector
	unread    error
	context   *transport.Context
	up        bool
	err       error
	held      []func() // what to send once it is started
	began     time.Time
	// calls are the answers still to come, by address, for what comes after.
	calls   map[string]transport.Pending
	lock    *transport.Result[resource.LockReply]
	greeted func(transport.Greeting, error)
	// started is the context, for a view that looks how far its start has come.
	started atomic.Pointer[transport.Context]
	holding int64 // bytes of values that the planner keeps of the context
}

// hold counts values that the planner is about to keep. The error says that the
// host has answered with too much; its connection is being ended.
func (h *hop) hold(n int64) error {
	err := h.context.Hold(n)
	if err == nil {
		h.holding += n
	}
	return err
}

// taken is the outcome of a call, counted as held, be it a value or an error.
func taken[T any](h *hop, res *transport.Result[T]) (T, error) {
	v, err := res.Value()
	if over := h.hold(res.Size()); over != nil {
		return v, over
	}
	return v, err
}

// forget gives back what was held for a plan that another takes the place of.
func (h *hop) forget() {
	if h.context != nil {
		h.context.Release(h.holding)
	}
	h.holding = 0
}

// maxDialling bounds how many hosts are being dialled at once: a thousand
// handshakes at the same moment would only make each other time out.
const maxDialling = 64

// startContext starts the context of a step, and has the work told when it is
// up, or why it is not.
func (s *Session) startContext(ctx context.Context, w work, step *planner.Step) {
	h := s.hop(ctx, step.Hop)
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

// hop gives a context, starting it and what it is reached through where that
// has not been done.
func (s *Session) hop(ctx context.Context, how *planner.Hop) *hop {
	if h := s.hops[how.Address]; h != nil {
		return h
	}
	h := &hop{Hop: how, calls: map[string]transport.Pending{}}
	h.connector, h.unread = s.connector(how)
	s.hops[how.Address] = h
	start := func() { s.open(ctx, h) }
	if how.Via == nil {
		s.dial(h, start)
		return h
	}
	h.parent = s.hop(ctx, how.Via)
	s.whenStarted(h.parent, func() { s.dial(h, start) })
	return h
}

// dial starts a context now, or when fewer are being dialled.
func (s *Session) dial(h *hop, start func()) {
	if !h.Dialled() {
		start()
		return
	}
	if s.dialling >= maxDialling {
		s.waiting = append(s.waiting, start)
		return
	}
	s.dialling++
	start()
}

func (s *Session) dialled(h *hop) {
	if !h.Dialled() {
		return
	}
	s.dialling--
	if len(s.waiting) > 0 {
		next := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.dialling++
		next()
	}
}

func (s *Session) open(ctx context.Context, h *hop) {
	s.transportUp()
	h.began = time.Now()
	err := h.unread
	if err == nil {
		opts := s.connectOptions(h)
		if h.parent == nil {
			h.context, err = s.router.Connect(ctx, h.connector, opts...)
		} else {
			h.context, err = h.parent.context.Connect(ctx, h.connector, opts...)
		}
	}
	if err != nil {
		s.later(func() { s.hopReady(h, transport.Greeting{}, err) })
		return
	}
	h.started.Store(h.context)
	ready := h.context.Ready()
	s.on(ready, func(any, error) {
		g, err := ready.Value()
		s.hopReady(h, g, err)
	})
	s.release(h)
}

// release sends what was held for a context that had not been started.
func (s *Session) release(h *hop) {
	held := h.held
	h.held = nil
	for _, f := range held {
		f()
	}
}

func (s *Session) hopReady(h *hop, g transport.Greeting, err error) {
	s.dialled(h)
	s.warnings(h)
	h.up, h.err = err == nil, err
	switch {
	case h.greeted != nil:
		h.greeted(g, err)
		h.greeted = nil
	case err != nil:
		s.planner.Lost(h.Address, s.failure(h, err))
	}
	s.release(h)
	if h.up {
		s.watch(h)
	}
}

// warnings tells the planner what the start of a context has to say, however it
// went.
func (s *Session) warnings(h *hop) {
	if h.context == nil {
		return
	}
	for _, w := range h.context.Warnings() {
		s.planner.Warn(h.Address, &planner.Failure{Code: w.Code, Attr: w.Attr, Summary: w.Summary, Detail: w.Detail, Chain: h.Chain()})
	}
}

// watch hears of the end of a context that nobody asked for.
func (s *Session) watch(h *hop) {
	lost := h.context.Lost()
	s.on(lost, func(any, error) {
		if _, err := lost.Value(); err != nil {
			h.up, h.err = false, err
			s.emit(Event{Type: ContextStatus, Address: h.Address, Status: planner.ContextUnreachable, Reason: err.Error()})
			s.planner.Lost(h.Address, s.failure(h, err))
		}
	})
}

// collectFailures tells the planner about contexts that failed or were lost after
// their last waiter was gone, so that it can say why their actions failed.
func (s *Session) collectFailures() {
	late := time.NewTimer(rootWait)
	defer late.Stop()
	for h := range s.behind {
		awaitRoot(h, late.C)
	}
	for _, h := range s.hops {
		if h.context == nil {
			continue
		}
		for _, err := range []error{outcome(h.context.Ready()), outcome(h.context.Lost())} {
			if err != nil {
				s.planner.Lost(h.Address, s.failure(h, err))
			}
		}
	}
}

// rootWait bounds the wait for the end of a context that others were behind:
// they are told a moment before it is.
const rootWait = 2 * time.Second

// awaitRoot waits until the contexts above one that was lost with them have
// ended too, so that the one to blame is not missing from the report.
func awaitRoot(h *hop, late <-chan time.Time) {
	for p := h.parent; p != nil && p.context != nil && outcome(p.context.Ready()) == nil; p = p.parent {
		select {
		case <-p.context.Lost().Done():
		case <-late:
			return
		}
		if err := outcome(p.context.Lost()); err == nil || classify(err).Kind != planner.FailureBehind {
			return
		}
	}
}

// outcome is the error of a result that is there, nil while it is not.
func outcome[T any](r *transport.Result[T]) error {
	select {
	case <-r.Done():
		_, err := r.Value()
		return err
	default:
		return nil
	}
}

// whenStarted has f called as soon as a context is started; not before, and not
// only when it is up: transport holds what is sent to one that is on its way.
func (s *Session) whenStarted(h *hop, f func()) {
	if h.context == nil && h.err == nil {
		h.held = append(h.held, f)
		return
	}
	f()
}

func (s *Session) connector(how *planner.Hop) (transport.Connector, error) {
	for _, t := range s.opts.Connectors {
		if t.Kind != how.Kind {
			continue
		}
		c := t.New()
		raw, err := transport.Marshal(how.Args)
		if err != nil {
			return nil, fmt.Errorf("encode arguments: %w", err)
		}
		if err := transport.Unmarshal(raw, c); err != nil {
			return nil, fmt.Errorf("decode arguments: %w", err)
		}
		return c, nil
	}
	return nil, &kind.Problem{Summary: "Unknown context kind", Detail: fmt.Sprintf("This version of mitoplan cannot start a context of kind %q.", how.Kind)}
}

// bounded is a connector with arguments about its own bounds, as connect.Common
// has them.
type bounded interface {
	// Timeout is how long the hop may take, 0 where nothing is said.
	Timeout() time.Duration
	// Parallel is how many calls run at once in the context, 0 for no limit.
	Parallel() int
}

func (s *Session) connectOptions(h *hop) []transport.ConnectOption {
	opts := []transport.ConnectOption{
		transport.WithName(h.Label()),
		transport.WithLabel(strings.Replace(h.Label(), ".", " ", 1)),
	}
	if limit := s.connectTimeout(h.connector); limit > 0 {
		opts = append(opts, transport.WithTimeout(limit))
	}
	if b, ok := h.connector.(bounded); ok && b.Parallel() > 0 {
		opts = append(opts, transport.WithParallelism(b.Parallel()))
	}
	return opts
}

// connectLimit says for people how long a hop is waited for.
func (s *Session) connectLimit(h *hop) string {
	return "given up after " + short(cmp.Or(s.connectTimeout(h.connector), transport.DefaultTimeout))
}

// connectTimeout bounds a hop from dialling to its greeting. It is 0 where neither
// the context nor the options say.
func (s *Session) connectTimeout(c transport.Connector) time.Duration {
	if b, ok := c.(bounded); ok && b.Timeout() > 0 {
		return b.Timeout()
	}
	return s.opts.ConnectTimeout
}

// facts is a greeting as the planner takes it.
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
