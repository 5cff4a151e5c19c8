package transport

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// execute runs a function and answers its caller. A call that was answered since it was
// taken from the queue, because its caller does not want it any more, does not run.
func (e *engine) execute(r *run, f Function) {
	ctx, cancel := context.WithCancelCause(e.ctx)
	defer cancel(nil)
	e.mu.Lock()
	if r.answered {
		e.mu.Unlock()
		return
	}
	r.ctx, r.cancel = ctx, cancel
	in, from := r.in, r.m.Src
	if r.cancelled {
		cancel(errCancelled)
	}
	e.mu.Unlock()
	if ctx.Err() != nil {
		e.beginGrace(r)
	}
	n := e.node(from)
	n.progress = newProgress(e.broker, from, r.id, &e.contents)
	if r.timeout > 0 {
		defer n.progress.limit(r.timeout, func() {
			cancel(&TimeoutError{Function: r.name, After: r.timeout, Phase: PhaseRunning, Moved: n.progress.moved()})
			e.beginGrace(r)
		})()
	}
	if f == nil {
		e.settle(r, nil, &RemoteError{Kind: "unknown", Function: r.name, Message: "the context serves no such function"})
		return
	}
	closePipe := func() {}
	if r.pipe != 0 {
		n.pipe, closePipe = e.broker.openPipe(ctx, from, r.pipe, r.name, n.progress.carried, n.progress.waits)
	}
	ends := e.cpus.callBegins(len(in), r.pipe != 0)
	out, err := f.call(context.WithValue(ctx, runningKey{}, n), n, in)
	ends()
	closePipe()
	n.out.Flush()
	n.err.Flush()
	e.flush()
	if err != nil {
		err = e.errorOf(ctx, r, err)
	}
	e.settle(r, out, err)
}

// growStack makes the goroutine's stack as large as decoding arguments takes, while little
// is on it: the runtime copies a stack that grows, and in the depth of the decoder that
// took a third of the time of a short call. Goroutines are not used again instead, because a
// function may keep its thread for itself (runtime.LockOSThread).
//
//go:noinline
func growStack() {
	var frame [5 << 10]byte
	touch(&frame)
}

//go:noinline
func touch(frame *[5 << 10]byte) { frame[0] = 1 }

// node is what a function sees of this context.
func (e *engine) node(caller Address) *Node {
	return &Node{
		broker: e.broker, engine: e, log: remoteLog{sink: e.sink}, caller: caller, pipe: noPipe,
		out: lineWriter{sink: e.sink, prefix: "stdout: "}, err: lineWriter{sink: e.sink, prefix: "stderr: "},
	}
}

// errorOf is the error of a function as its caller gets it.
// It asks err with methods of the program, and a panic in one is the error of this call.
func (e *engine) errorOf(ctx context.Context, r *run, err error) (told error) {
	defer func() {
		if p := recover(); p != nil {
			text := fmt.Sprintf("%v (this error is %T, of which a method panics: %v)", err, err, p)
			told = &RemoteError{Kind: fmt.Sprintf("%T", err), Function: r.name, Message: shorten(text, maxText)}
		}
	}()
	cause := context.Cause(ctx)
	if cause == nil {
		return remoteError(r.name, err)
	}
	var t *TimeoutError
	if errors.As(cause, &t) {
		return t
	}
	text := ""
	if !errors.Is(err, context.Canceled) {
		text = shorten(err.Error(), maxText)
	} else if cause != errCancelled {
		text = cause.Error()
	}
	return &CancelledError{Function: r.name, Phase: PhaseRunning, Cause: text}
}

// beginGrace is called when a function has been told to return, which is when r.ctx has
// ended. If it has not returned after cancelGrace, its caller gets an answer without it. A
// function that does not run yet has its grace when it begins.
//
// Whoever ends r.ctx calls this. To have it called by context.AfterFunc would make a
// channel, a map and three other things for each call.
func (e *engine) beginGrace(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx := r.ctx; ctx != nil && !r.answered && r.grace == nil {
		r.grace = time.AfterFunc(cancelGrace, func() { e.settle(r, nil, e.stillRunning(ctx, r)) })
	}
}

// stillRunning is the error of a call whose function did not return when it was
// told to.
func (e *engine) stillRunning(ctx context.Context, r *run) error {
	const phase = PhaseStillRunning
	switch err := e.errorOf(ctx, r, context.Canceled).(type) {
	case *TimeoutError:
		return &TimeoutError{Function: err.Function, After: err.After, Phase: phase}
	case *CancelledError:
		return &CancelledError{Function: err.Function, Phase: phase, Cause: err.Cause}
	default:
		return err
	}
}

var errCancelled = errors.New("cancelled by its caller")
