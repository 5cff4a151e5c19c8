package transport

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"

	"github.com/hashicorp/go-hclog"
)

// Function is a Func without its types, for lists of functions that an agent
// serves.
type Function interface {
	// FuncName is the name that calls name it by.
	FuncName() string
	// types are those of its input and its result.
	types() (in, out reflect.Type)
	// call runs it on encoded input.
	call(ctx context.Context, n *Node, in []byte) ([]byte, error)
}

// Func is a function that can be called in any context that serves it. NewFunc
// makes it; it is a variable of a package and never a closure, because it runs
// in another process, where only the name and the input arrive. The agents that
// serve it list it in Main or in ServeOptions.Functions. Its input and its
// result cross the wire as CBOR, so they are plain values. A Func holds nothing
// and needs no end.
type Func[In, Out any] struct{ *served }

// served is a Func without its types: what it has in common with all others is in an
// agent once.
type served struct {
	name   string
	values *values
	body   bool // there is something to call
	// typed decodes the input by means of Node.run, and calls the function.
	typed func(ctx context.Context, n *Node, of *values, raw []byte) ([]byte, error)
}

// NewFunc makes a function. Calls run side by side, each on a goroutine of its
// own. ctx ends when the caller cancels the call, when its time is over, or
// when the context ends; fn must return then.
func NewFunc[In, Out any](name string, fn func(ctx context.Context, n *Node, in In) (Out, error)) Func[In, Out] {
	f := NewPlainFunc(name, fn)
	f.values = allValues
	return f
}

// NewPlainFunc makes a function as NewFunc does. What is of type any in its input and its
// result is plain, whatever the other side sends: a bool, int64, float64, string, []byte,
// []any, map[string]any or nil. So one who searches such values through knows all that may
// be there. A program that has only such functions is smaller by some 50 KB.
func NewPlainFunc[In, Out any](name string, fn func(ctx context.Context, n *Node, in In) (Out, error)) Func[In, Out] {
	return Func[In, Out]{&served{name, plainValues, fn != nil, func(ctx context.Context, n *Node, of *values, raw []byte) ([]byte, error) {
		var in In
		var out Out
		return n.run(name, of, raw, &in, &out, func() (err error) { out, err = fn(ctx, n, in); return err })
	}}}
}

// FuncName is the name that calls name it by.
func (s *served) FuncName() string {
	name, _ := s.parts()
	return name
}

// parts are the name, "" for a zero Func, and how its values cross the wire.
func (s *served) parts() (string, *values) {
	if s == nil {
		return "", plainValues
	}
	return s.name, s.values
}

// empty reports a function of which nothing can be run.
func (s *served) empty() bool { return s == nil || !s.body }

// call runs the function on encoded input and returns its encoded result.
func (s *served) call(ctx context.Context, n *Node, raw []byte) ([]byte, error) {
	return s.typed(ctx, n, s.values, raw)
}

// types are those of its input and its result.
func (Func[In, Out]) types() (in, out reflect.Type) {
	return reflect.TypeFor[In](), reflect.TypeFor[Out]()
}

// Call runs the function in a context and waits for its result, at most until ctx
// ends. Then it returns at once, whatever the host does, with a *CancelledError in
// which errors.Is finds the error of ctx. Behind it the function is cancelled. Who
// wants to know how that ended makes the call with CallAsync.
func (f Func[In, Out]) Call(ctx context.Context, c *Context, in In, opts ...CallOption) (Out, error) {
	name, of := f.parts()
	return callAndWait[Out](ctx, c, name, of, &in, opts...)
}

// CallAsync runs the function in a context and returns at once, also if the
// context is not up yet. When ctx ends, the function is cancelled, and the result is
// what it answers to that, for which 10 s are given.
func (f Func[In, Out]) CallAsync(ctx context.Context, c *Context, in In, opts ...CallOption) *Result[Out] {
	name, of := f.parts()
	return callAsync[Out](ctx, c, name, of, &in, opts...)
}

// CallNoReply runs the function in a context and returns at once. Nobody learns of its
// result; if it fails, that is logged here as an error. The end of ctx does not cancel
// it. The error is of a call that could not be sent.
func (f Func[In, Out]) CallNoReply(ctx context.Context, c *Context, in In, opts ...CallOption) error {
	if ctx.Err() != nil {
		return endOf(ctx)
	}
	r := f.CallAsync(context.WithoutCancel(ctx), c, in, opts...)
	if finished, err := r.untyped.state(); finished && err != nil {
		return err
	}
	r.untyped.watch(&unheard{&r.untyped, c})
	return nil
}

// unheard is a call whose result nobody waits for.
type unheard struct {
	result  *result
	context *Context
}

// fire is called when the call has its result.
func (u *unheard) fire() {
	if _, err := u.result.state(); err != nil {
		u.context.broker.say(hclog.Error, "a call without a reply failed", "context", u.context.name, "error", err)
	}
}

// CallPipe runs the function in a context, as CallAsync does, with a pipe to it. What
// the function wrote can be read to its end, also after the call has ended. After that
// comes io.EOF if the function has returned, whatever the result says, and the error of
// the call if it did not run or its context was lost. Writes wait until the function
// has begun, and fail when it has returned.
func (f Func[In, Out]) CallPipe(ctx context.Context, c *Context, in In, opts ...CallOption) (*Result[Out], *Pipe) {
	p := &Pipe{}
	r := f.CallAsync(ctx, c, in, append(slices.Clip(opts), func(o *callOptions) { o.pipe = p })...)
	return r, p
}

// run decodes the input of a function, calls it, and encodes what it put into v. A panic
// in the function becomes an error.
func (n *Node) run(name string, of *values, raw []byte, in, v any, fn func() error) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, &RemoteError{
				Kind: "panic", Function: name,
				Message: shorten(fmt.Sprint("panic: ", p), maxText), Stack: shorten(string(debug.Stack()), maxText),
			}
		}
	}()
	if err = unmarshalTrusted(raw, in); err != nil && of.decode != nil {
		_, err = of.decode(raw, in, 1<<62, err)
	}
	if err != nil {
		return nil, fmt.Errorf("its input cannot be read: %w", err)
	}
	if err := fn(); err != nil {
		return nil, err
	}
	if out, err = of.encode(v); err == nil {
		n.broker.permitSenders(v, n.caller)
	}
	return out, err
}

// remoteError is err as a value that crosses the wire.
func remoteError(name string, err error) error {
	var remote *RemoteError
	if errors.As(err, &remote) && remote.Kind == "panic" {
		return remote
	}
	e := &RemoteError{Kind: fmt.Sprintf("%T", err), Function: name, Message: shorten(toldOf(err), maxText), known: knownNames(err), cause: lasting(err)}
	var p *Problem
	if errors.As(err, &p) {
		short := *p
		short.Summary, short.Detail, short.Said = shorten(p.Summary, maxText), shorten(p.Detail, maxText), shorten(p.Said, maxText)
		short.Own = shorten(p.Own, maxText)
		e.Problem = &short
	}
	return e
}
