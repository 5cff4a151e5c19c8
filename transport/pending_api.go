package transport

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"
)

var errPending = errors.New("transport: not up yet")

// Options are what a Broker works with.
type Options struct {
	// Log gets the broker's own records and, under their context's name, those
	// of all contexts. nil is silence.
	Log hclog.Logger
	// Agents says where images come from.
	Agents AgentSource
	// Connectors are the kinds that this process starts when asked from above.
	Connectors []ConnectorType
	// Frames is told of every frame that crosses one of the broker's streams.
	Frames func(FrameEvent)
	// 0 is 5 s, 15 s, 5 s, 10 s.
	HeartbeatInterval, HeartbeatTimeout, KillDelay, ShutdownTimeout time.Duration
	// Name is "USER@HOST:PID" of the controller; processes are called by it.
	Name string
}

// FrameEvent is one frame that crossed a stream.
type FrameEvent struct {
	// Out is true for a frame that was sent.
	Out      bool
	Src, Dst Address
	Handle   uint32
	Size     int
}

// Broker owns every stream and child process from attach to bounded shutdown.
type Broker struct{}

// NewBroker makes a broker; Shutdown ends it.
func NewBroker(o Options) *Broker { return &Broker{} }

// Shutdown ends the whole subtree within Options.ShutdownTimeout.
func (b *Broker) Shutdown() error { return nil }

// Dump prints who waits for what since when.
func (b *Broker) Dump(w io.Writer) {}

// Router starts contexts.
type Router struct{ broker *Broker }

// NewRouter makes a router on a broker.
func NewRouter(b *Broker) *Router { return &Router{b} }

// Connect starts a context here and returns at once.
func (r *Router) Connect(ctx context.Context, c Connector, opts ...ConnectOption) (*Context, error) {
	return nil, errPending
}

type connectOptions struct {
	name        string
	chain       string
	timeout     time.Duration
	parallelism int
	replaces    *Context
}

// ConnectOption changes how a context is started.
type ConnectOption func(*connectOptions)

// WithName names the context in logs and errors.
func WithName(name string) ConnectOption { return func(o *connectOptions) { o.name = name } }

// WithLabel is how error chains show this hop; the default is its name.
func WithLabel(label string) ConnectOption { return func(o *connectOptions) { o.chain = label } }

// WithTimeout is the most that this hop may take from dialling to its
// greeting; the default is 10 s.
func WithTimeout(d time.Duration) ConnectOption { return func(o *connectOptions) { o.timeout = d } }

// WithParallelism is how many calls the context runs side by side.
func WithParallelism(n int) ConnectOption { return func(o *connectOptions) { o.parallelism = n } }

// WithReplaced gives the context the place of one that has ended, one
// generation later.
func WithReplaced(c *Context) ConnectOption { return func(o *connectOptions) { o.replaces = c } }

// Context is a place where code runs.
type Context struct{}

// Connect starts a context below this one and returns at once.
func (c *Context) Connect(ctx context.Context, k Connector, opts ...ConnectOption) (*Context, error) {
	return nil, errPending
}

// DialContext opens a connection from the context's machine.
func (c *Context) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return nil, errPending
}

// Address is where the context is.
func (c *Context) Address() Address { return Address{} }

// Name is what WithName said.
func (c *Context) Name() string { return "" }

// Chain is the labels from the controller to here.
func (c *Context) Chain() []string { return nil }

// Via is the context that this one was started through, nil for the
// controller's own.
func (c *Context) Via() *Context { return nil }

// Ready completes with the greeting, or with a *ConnectError.
func (c *Context) Ready() *Result[Greeting] { return nil }

// Lost completes with a *LostError when the context dies, and without error
// when it was shut down.
func (c *Context) Lost() *Result[struct{}] { return nil }

// Shutdown ends the context and everything below it.
func (c *Context) Shutdown(ctx context.Context) error { return errPending }

// Function is a Func without its types, for catalogues.
type Function interface {
	// FuncName is the name that calls name it by.
	FuncName() string
	call(ctx context.Context, n *Node, in []byte) ([]byte, error)
}

// Func is a function that can be called in any context that serves it.
type Func[In, Out any] struct {
	name string
	fn   func(ctx context.Context, n *Node, in In) (Out, error)
}

// NewFunc makes a function; the result belongs in a package-level variable.
func NewFunc[In, Out any](name string, fn func(ctx context.Context, n *Node, in In) (Out, error)) Func[In, Out] {
	return Func[In, Out]{name, fn}
}

// FuncName is the name that calls name it by.
func (f Func[In, Out]) FuncName() string { return f.name }

func (f Func[In, Out]) call(ctx context.Context, n *Node, in []byte) ([]byte, error) {
	return nil, errPending
}

// Call runs the function in a context and waits for its result.
func (f Func[In, Out]) Call(ctx context.Context, c *Context, in In, opts ...CallOption) (Out, error) {
	return f.CallAsync(ctx, c, in, opts...).Get(ctx)
}

// CallAsync runs the function in a context and returns at once.
func (f Func[In, Out]) CallAsync(ctx context.Context, c *Context, in In, opts ...CallOption) *Result[Out] {
	return &Result[Out]{}
}

// CallOption changes how a call is made.
type CallOption func(*callOptions)

type callOptions struct {
	after, settled []Pending
	timeout        time.Duration
}

// After names calls of the same context that must have succeeded first.
func After(calls ...Pending) CallOption {
	return func(o *callOptions) { o.after = append(o.after, calls...) }
}

// Settled names calls of the same context that must have ended first, well or
// badly.
func Settled(calls ...Pending) CallOption {
	return func(o *callOptions) { o.settled = append(o.settled, calls...) }
}

// Timeout is how long the function may run.
func Timeout(d time.Duration) CallOption { return func(o *callOptions) { o.timeout = d } }

// Pending is a call that may not have ended yet: a *Result.
type Pending interface {
	Done() <-chan struct{}
	pending() *Context
}

// Node is what a function sees of the context that it runs in.
type Node struct{}

// Log sends records to the controller.
func (n *Node) Log() hclog.Logger { return nil }

// Stdout makes every line a record "stdout: …", in order.
func (n *Node) Stdout() io.Writer { return nil }

// Stderr makes every line a record "stderr: …", in order.
func (n *Node) Stderr() io.Writer { return nil }

// Router starts contexts below this one.
func (n *Node) Router() *Router { return nil }

// Address is that of the context.
func (n *Node) Address() Address { return Address{} }

// Result is the outcome of one call.
type Result[T any] struct{}

// NewResult makes a result and the function that completes it, for whatever
// else a Select should wait for.
func NewResult[T any]() (*Result[T], func(T, error)) { return nil, nil }

// Get waits for the outcome.
func (r *Result[T]) Get(ctx context.Context) (T, error) {
	var zero T
	return zero, errPending
}

// Value is the outcome once Done is closed, and the zero value before.
func (r *Result[T]) Value() (T, error) {
	var zero T
	return zero, errPending
}

// Done is closed when there is an outcome.
func (r *Result[T]) Done() <-chan struct{} { return nil }

// Context is where the call runs.
func (r *Result[T]) Context() *Context { return nil }

func (r *Result[T]) pending() *Context { return nil }
func (r *Result[T]) source()           {}

// Source is anything that a Select can wait for: a *Result, a *Receiver,
// another *Select.
type Source interface{ source() }

// Event is something that a source had to say.
type Event struct {
	Source  Source
	Context *Context
	Value   any
}

// Select waits for whichever source is first.
type Select struct{}

// NewSelect makes a Select of these sources.
func NewSelect(sources ...Source) *Select { return &Select{} }

// Add adds a source.
func (s *Select) Add(src Source) error { return errPending }

// Remove removes a source.
func (s *Select) Remove(src Source) {}

// Len is the number of sources.
func (s *Select) Len() int { return 0 }

// Next waits for the next event.
func (s *Select) Next(ctx context.Context) (Event, error) { return Event{}, errPending }

// All yields events until no source is left.
func (s *Select) All(ctx context.Context) iter.Seq2[Event, error] { return nil }

func (s *Select) source() {}

// Receiver is where messages arrive.
type Receiver struct{}

// ReceiverOption changes whom a Receiver listens to.
type ReceiverOption func(*Receiver)

// From makes a Receiver listen to one context only.
func From(c *Context) ReceiverOption { return func(*Receiver) {} }

// NewReceiver makes a receiver on a router; Close ends it.
func NewReceiver(r *Router, opts ...ReceiverOption) *Receiver { return nil }

// Sender is where to send messages for this receiver; it crosses the wire.
func (r *Receiver) Sender() Sender { return Sender{} }

// Get waits for the next message and decodes it into v.
func (r *Receiver) Get(ctx context.Context, v any) error { return errPending }

// Close ends the receiver and wakes whoever waits.
func (r *Receiver) Close() {}

func (r *Receiver) source() {}

// Sender sends messages to a Receiver, also from another context.
type Sender struct{}

// Send sends one message. ctx is that of the function it is called in.
func (s Sender) Send(ctx context.Context, v any) error { return errPending }

// Close tells the receiver that no more will come.
func (s Sender) Close(ctx context.Context) error { return errPending }

// ServeOptions are what an agent serves.
type ServeOptions struct {
	Functions  []Function
	Connectors []ConnectorType
	Agents     AgentSource
	Version    string
}

// Serve is the main loop of an agent.
func Serve(o ServeOptions) (exit int) { return 1 }

// ServeOn serves on the given byte stream within this process.
func ServeOn(ctx context.Context, o ServeOptions, r io.Reader, w io.Writer) error { return errPending }

// Main serves functions in a child and never returns there; in the parent it
// returns at once.
func Main(functions ...Function) {}

// ChildArg is argv[1] of a process that is an agent; argv[2] is the token and
// argv[3] the process name.
const ChildArg = "mitoplan-agent"
