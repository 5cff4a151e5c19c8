package transport

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Function is a Func without its types, for catalogues.
type Function interface {
	// FuncName is the name that calls name it by.
	FuncName() string
	// call runs it on encoded input.
	call(ctx context.Context, n *Node, in []byte) ([]byte, error)
}

// Func is a function that can be called in any context that serves it. It is a
// value of a package, never a closure: it runs in another process.
type Func[In, Out any] struct {
	name string
	fn   func(ctx context.Context, n *Node, in In) (Out, error)
}

// NewFunc makes a function. Calls of one context run side by side, each on a
// goroutine of its own; ctx ends when the caller cancels, the time is over or
// the context is lost, and the function must then return.
func NewFunc[In, Out any](name string, fn func(ctx context.Context, n *Node, in In) (Out, error)) Func[In, Out] {
	return Func[In, Out]{name, fn}
}

// FuncName is the name that calls name it by.
func (f Func[In, Out]) FuncName() string { return f.name }

// Call runs the function in a context and waits for its result. When ctx ends,
// the function is cancelled, and its reply is awaited within a bound.
func (f Func[In, Out]) Call(ctx context.Context, c *Context, in In, opts ...CallOption) (Out, error) {
	return callAndWait[Out](ctx, c, f.name, in, opts...)
}

// CallAsync runs the function in a context and returns at once, whether the
// context is up or not.
func (f Func[In, Out]) CallAsync(ctx context.Context, c *Context, in In, opts ...CallOption) *Result[Out] {
	return callAsync[Out](ctx, c, f.name, in, opts...)
}

func (f Func[In, Out]) call(ctx context.Context, n *Node, raw []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, &RemoteError{
				Kind: "panic", Function: f.name,
				Message: shorten(fmt.Sprint("panic: ", p), maxText), Stack: shorten(string(debug.Stack()), maxText),
			}
		}
	}()
	var in In
	if err := unmarshalTrusted(raw, &in); err != nil {
		return nil, fmt.Errorf("its input cannot be read: %w", err)
	}
	v, err := f.fn(ctx, n, in)
	if err != nil {
		return nil, err
	}
	if out, err = Marshal(v); err == nil {
		n.broker.entrust(v, n.caller)
	}
	return out, err
}

// remoteError is err as a value that crosses the wire.
func remoteError(name string, err error) error {
	var remote *RemoteError
	if errors.As(err, &remote) && remote.Kind == "panic" {
		return remote
	}
	e := &RemoteError{Kind: fmt.Sprintf("%T", err), Function: name, Message: shorten(err.Error(), maxText)}
	var p *kind.Problem
	if errors.As(err, &p) {
		short := *p
		short.Summary, short.Detail, short.Said = shorten(p.Summary, maxText), shorten(p.Detail, maxText), shorten(p.Said, maxText)
		e.Problem = &short
	}
	return e
}
