package transport

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Pending is a call that may not have ended yet: a *Result.
type Pending interface {
	// Done is closed when there is a result.
	Done() <-chan struct{}
	result() *result
}

// result is a Result without its type. It is completed once; any goroutine may
// wait for it.
type result struct {
	context *Context
	values  *values // how its value crosses the wire
	id      uint32  // of the call in its context; 0 for what is no call
	// function is the name of what was called.
	function string
	// decode makes the value from raw, and says how much memory it takes.
	decode func([]byte) (any, int64, error)

	mu       sync.Mutex // guards what follows
	finished bool
	done     chan struct{} // made when somebody asks for it
	at       time.Time     // when it finished
	raw      []byte        // not decoded yet
	release  func()        // refunds raw when it has been consumed; may be nil
	value    any
	size     int64 // of the value
	err      error
	watchers []watcher
}

// watcher is told once when there is a result.
type watcher interface{ fire() }

// complete sets the result and wakes everybody who waits for it. Only the
// first result counts.
func (r *result) complete(raw []byte, value any, err error) {
	r.mu.Lock()
	if r.finished {
		r.mu.Unlock()
		return
	}
	r.finished, r.at = true, time.Now()
	r.raw, r.value, r.err = raw, value, err
	r.size = errorSize(err)
	if raw == nil {
		r.consumed()
	}
	if r.done != nil {
		close(r.done)
	}
	watchers := r.watchers
	r.watchers = nil
	r.mu.Unlock()
	for _, w := range watchers {
		w.fire()
	}
}

// watch tells m when there is a result, at once if there is one.
func (r *result) watch(m watcher) {
	r.mu.Lock()
	finished := r.finished
	if !finished {
		r.watchers = append(r.watchers, m)
	}
	r.mu.Unlock()
	if finished {
		m.fire()
	}
}

// unwatch undoes watch.
func (r *result) unwatch(m watcher) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, w := range r.watchers {
		if w == m {
			r.watchers = append(r.watchers[:i:i], r.watchers[i+1:]...)
			return
		}
	}
}

// count stores the function that refunds the reply that is about to come. It is
// called when the reply has been decoded, or when nobody can take the reply any
// more.
func (r *result) count(release func()) {
	if release == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished {
		release()
		return
	}
	r.release = release
	claimFor(r, release)
}

// consumed refunds the reply. The caller holds mu.
func (r *result) consumed() {
	if r.release != nil {
		r.release()
		r.release = nil
	}
}

func (r *result) doneChan() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == nil {
		r.done = make(chan struct{})
		if r.finished {
			close(r.done)
		}
	}
	return r.done
}

// closedDone is what there is to wait for at a Result that nobody made.
func closedDone() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// fail makes a zero value the result of a *Context that is nil.
func (r *result) fail() {
	r.values = plainValues
	r.complete(nil, nil, errNoContext)
}

// get is the result. The value is decoded when it is asked for first.
func (r *result) get() (value any, finished bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.raw != nil {
		if r.value, r.size, r.err = r.decode(r.raw); r.err != nil {
			r.size = errorSize(r.err)
		}
		r.raw = nil
		r.consumed()
	}
	return r.value, r.finished, r.err
}

// state tells whether there is a result, and its error. Nothing is decoded.
func (r *result) state() (finished bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished, r.err
}

// memory is how many bytes the value takes, or the error.
func (r *result) memory() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.size
}

// await waits until there is a result, at most until ctx ends. Then it returns the
// error of ctx.
func (r *result) await(ctx context.Context) error {
	if finished, _ := r.state(); finished {
		return nil
	}
	select {
	case <-r.doneChan():
		return nil
	case <-ctx.Done():
		return endOf(ctx)
	}
}

// orCancelled is await for whoever made the call with ctx.
func (r *result) orCancelled(ctx context.Context, name string) error {
	err := r.await(ctx)
	if finished, _ := r.state(); finished {
		return nil
	}
	return &CancelledError{Function: name, Phase: phaseIn(r.context), Cause: context.Cause(ctx).Error(), ended: err}
}

// ended is when the result was set, zero if there is none, and its error.
func (r *result) ended() (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at, r.err
}

// Result is what one call comes back with, a value or an error, which may still
// have to come. Func.CallAsync makes it, and NewResult makes one for anything else
// that a Select should wait for. It completes exactly once, even if the context is
// lost or the broker is shut down. Any number of goroutines and Selects may wait
// for it. Its value is decoded when it is first asked for. It need not be closed,
// and giving up waiting for it does not cancel the call.
type Result[T any] struct{ untyped result }

// newResult makes the result of a call in c, which still has to be completed.
func newResult[T any](c *Context, of *values) *Result[T] {
	r := &Result[T]{}
	r.untyped.context, r.untyped.values = c, of
	r.untyped.decode = func(b []byte) (any, int64, error) {
		var v T
		n, err := c.decode(r.untyped.function, of, b, &v)
		if err != nil {
			return nil, 0, err
		}
		return v, n, nil
	}
	return r
}

// decode decodes a result that the context answered with. If it would take more
// memory than the host may have here, the host's connection is ended.
func (c *Context) decode(function string, of *values, b []byte, v any) (int64, error) {
	limit := max(0, maxDecoded-c.account.values.Load())
	n, err := unmarshal(b, v, limit)
	tagged := err != nil && of.decode != nil
	if tagged {
		n, err = of.decode(b, v, limit, err)
	}
	switch tooMuch, ok := err.(*costError); {
	case ok:
		return 0, c.overdrawn(fmt.Errorf("it answered with a result that was not decoded: %w", tooMuch))
	case err != nil:
		return 0, &RemoteError{Kind: "protocol", Function: function, Message: "its result cannot be read: " + err.Error(), Chain: c.Chain()}
	}
	return n, c.broker.checkSenders(v, tagged, c.address)
}

// NewResult makes a result and the function that completes it, for anything
// else that a Select should wait for. Only the first call of that function
// counts.
func NewResult[T any]() (*Result[T], func(T, error)) {
	r := newResult[T](nil, plainValues)
	return r, func(v T, err error) { r.untyped.complete(nil, v, err) }
}

// Get waits for the result, at most until ctx ends. The end of ctx ends the
// waiting and not the call.
func (r *Result[T]) Get(ctx context.Context) (T, error) {
	if !r.unmade() {
		if err := r.untyped.await(ctx); err != nil {
			var zero T
			return zero, err
		}
	}
	return r.Value()
}

// Value is the value if there is one, and the zero value if there is none yet.
func (r *Result[T]) Value() (T, error) {
	if r.unmade() {
		var zero T
		return zero, errNoResult
	}
	v, _, err := r.untyped.get()
	t, _ := v.(T)
	return t, err
}

// Size estimates how many bytes of memory the value takes, or the error that
// came in its place. It is 0 until Value or Get has returned. See Context.Hold.
func (r *Result[T]) Size() int64 {
	if r.unmade() {
		return 0
	}
	return r.untyped.memory()
}

// Done is closed when there is a result.
func (r *Result[T]) Done() <-chan struct{} {
	if r.unmade() {
		return closedDone()
	}
	return r.untyped.doneChan()
}

// Moved is for how long contents have moved while the call runs, which counts against no
// bound in all; see Bounds. It is 0 for a call without bounds, and for one that has ended.
func Moved(call Pending) time.Duration {
	if isNil(call) {
		return 0
	}
	c, id := call.result().context, call.result().id
	if c == nil || id == 0 {
		return 0
	}
	c.broker.mu.Lock()
	p := c.unanswered(id)
	c.broker.mu.Unlock()
	return c.watch.movedFor(p)
}

// Context is where the call runs; nil for a result of NewResult.
func (r *Result[T]) Context() *Context {
	if r.unmade() {
		return nil
	}
	return r.untyped.context
}

func (r *Result[T]) result() *result { return &r.untyped }

// unmade reports a Result that is nil, or a zero value.
func (r *Result[T]) unmade() bool { return r == nil || r.untyped.values == nil }
