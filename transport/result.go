package transport

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Pending is a call that may not have ended yet: a *Result.
type Pending interface {
	// Done is closed when there is an outcome.
	Done() <-chan struct{}
	outcome() *outcome
}

// outcome is a Result without its type. It is completed once; any goroutine may
// wait for it.
type outcome struct {
	context *Context
	id      uint32 // of the call in its context; 0 for what is no call
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

// watcher is told once when there is an outcome.
type watcher interface{ fire() }

// complete sets the outcome and wakes everybody who waits for it. Only the
// first outcome counts.
func (o *outcome) complete(raw []byte, value any, err error) {
	o.mu.Lock()
	if o.finished {
		o.mu.Unlock()
		return
	}
	o.finished, o.at = true, time.Now()
	o.raw, o.value, o.err = raw, value, err
	o.size = errorSize(err)
	if raw == nil {
		o.consumed()
	}
	if o.done != nil {
		close(o.done)
	}
	watchers := o.watchers
	o.watchers = nil
	o.mu.Unlock()
	for _, w := range watchers {
		w.fire()
	}
}

// count stores the function that refunds the reply that is about to come. It is
// called when the reply has been decoded, or when nobody can take the reply any
// more.
func (o *outcome) count(release func()) {
	if release == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		release()
		return
	}
	o.release = release
	claimFor(o, release)
}

// consumed refunds the reply. The caller holds mu.
func (o *outcome) consumed() {
	if o.release != nil {
		o.release()
		o.release = nil
	}
}

func (o *outcome) doneChan() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done == nil {
		o.done = make(chan struct{})
		if o.finished {
			close(o.done)
		}
	}
	return o.done
}

// get is the outcome. The value is decoded when it is asked for first.
func (o *outcome) get() (value any, finished bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.raw != nil {
		if o.value, o.size, o.err = o.decode(o.raw); o.err != nil {
			o.size = errorSize(o.err)
		}
		o.raw = nil
		o.consumed()
	}
	return o.value, o.finished, o.err
}

// state tells whether there is an outcome, and its error. Nothing is decoded.
func (o *outcome) state() (finished bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finished, o.err
}

// ended is when the outcome was set, zero if there is none, and its error.
func (o *outcome) ended() (time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at, o.err
}

// Result is the outcome of one call, which may still have to come.
// Func.CallAsync makes it, and NewResult one for anything else that a Select
// should wait for. It completes exactly once, also if the context is lost or
// the broker is shut down. Any number of goroutines and Selects may wait for
// it. Its value is decoded when it is first asked for. It need not be closed,
// and giving up waiting for it does not cancel the call.
type Result[T any] struct{ o outcome }

// newResult makes the result of a call in c, which still has to be completed.
func newResult[T any](c *Context) *Result[T] {
	r := &Result[T]{}
	r.o.context = c
	r.o.decode = func(b []byte) (any, int64, error) {
		var v T
		n, err := c.decode(b, &v)
		if err != nil {
			return nil, 0, err
		}
		return v, n, nil
	}
	return r
}

// decode decodes a result that the context answered with. If it would take more
// memory than the host may have here, the host's connection is ended.
func (c *Context) decode(b []byte, v any) (int64, error) {
	n, err := unmarshal(b, v, max(0, maxDecoded-c.account.values.Load()))
	switch tooMuch, ok := err.(*costError); {
	case ok:
		return 0, c.overdrawn(fmt.Errorf("it answered with a result that was not decoded: %w", tooMuch))
	case err != nil:
		return 0, &RemoteError{Kind: "protocol", Message: "its result cannot be read: " + err.Error(), Chain: c.Chain()}
	}
	return n, c.broker.checkSenders(v, c.address)
}

// NewResult makes a result and the function that completes it, for anything
// else that a Select should wait for. Only the first call of that function
// counts.
func NewResult[T any]() (*Result[T], func(T, error)) {
	r := newResult[T](nil)
	return r, func(v T, err error) { r.o.complete(nil, v, err) }
}

// Get waits for the outcome, at most until ctx ends. The end of ctx ends the
// waiting and not the call.
func (r *Result[T]) Get(ctx context.Context) (T, error) {
	if finished, _ := r.o.state(); !finished {
		select {
		case <-r.Done():
		case <-ctx.Done():
			var zero T
			return zero, context.Cause(ctx)
		}
	}
	return r.Value()
}

// Value is the outcome if there is one, and the zero value if there is none
// yet.
func (r *Result[T]) Value() (T, error) {
	v, _, err := r.o.get()
	t, _ := v.(T)
	return t, err
}

// Size estimates how many bytes of memory the value takes, or the error that
// came in its place. It is 0 until Value or Get has returned. See Context.Hold.
func (r *Result[T]) Size() int64 {
	r.o.mu.Lock()
	defer r.o.mu.Unlock()
	return r.o.size
}

// Done is closed when there is an outcome.
func (r *Result[T]) Done() <-chan struct{} { return r.o.doneChan() }

// Context is where the call runs; nil for a result of NewResult.
func (r *Result[T]) Context() *Context { return r.o.context }

func (r *Result[T]) outcome() *outcome { return &r.o }
