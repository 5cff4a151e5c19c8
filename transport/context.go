package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// connectOptions are what ConnectOptions have set.
type connectOptions struct {
	name        string
	label       string
	timeout     time.Duration
	parallelism int
	shared      []byte
	replaces    *Context
	agents      AgentSource
	err         error // of an option itself
}

// configured is a Connector with settings of its own. An option of Connect goes before
// them.
type configured interface {
	ContextName() string
	Timeout() time.Duration
	Parallel() int
}

// fill takes what no option has set from the connector, and says what is wrong there.
func (o *connectOptions) fill(k Connector) error {
	switch {
	case o.err != nil:
		return o.err
	case k == nil:
		return errors.New("there is no Connector")
	case isNil(k):
		return fmt.Errorf("there is no Connector: the %T is nil", k)
	}
	if s, ok := k.(configured); ok {
		o.name = cmp.Or(o.name, s.ContextName())
		o.timeout = cmp.Or(o.timeout, s.Timeout())
		o.parallelism = cmp.Or(o.parallelism, s.Parallel())
	}
	var errs []error
	if o.timeout < 0 || o.parallelism < 0 {
		errs = append(errs, errors.New("WithTimeout and WithParallelism must not be below 0"))
	}
	if v, ok := k.(kind.Validator); ok {
		for _, p := range v.Validate() {
			errs = append(errs, &p)
		}
	}
	return errors.Join(errs...)
}

// ConnectOption changes how a context is started.
type ConnectOption func(*connectOptions)

// WithName names the context in logs, in errors and in the process list of its host. The
// default is the name in the connector, and without that the kind of the connector and
// the address.
func WithName(name string) ConnectOption { return func(o *connectOptions) { o.name = name } }

// WithLabel says how chains of hops in errors show this one. The default is its
// name.
func WithLabel(label string) ConnectOption { return func(o *connectOptions) { o.label = label } }

// WithTimeout says how long the start may go on without progress of the other side,
// from dialling to the greeting. It may take six times that in all, and the time that
// an agent takes to be sent. The default is DefaultTimeout, which the connector may
// change. Below 0 is an error of Connect.
func WithTimeout(d time.Duration) ConnectOption { return func(o *connectOptions) { o.timeout = d } }

// WithParallelism says how many calls the context runs side by side. The
// default is 32. Below 0 is an error of Connect.
func WithParallelism(n int) ConnectOption { return func(o *connectOptions) { o.parallelism = n } }

// maxShared is how many bytes the calls of a context may share.
const maxShared = 1 << 10

// WithShared gives the context bytes that all calls in it share, so that each need not
// carry them: its functions get them from Node.Shared. They travel once, with the start,
// and to nobody but the context and those that its calls pass. There may be 1 KiB of
// them. The default is none.
func WithShared(b []byte) ConnectOption { return func(o *connectOptions) { o.shared = b } }

// WithAgents says where the agent of the context comes from. The default is Options.Agents,
// which nil means too. It counts for a context that this process starts itself. Another
// process starts an agent of its own image.
func WithAgents(s AgentSource) ConnectOption { return func(o *connectOptions) { o.agents = s } }

// WithReplaced gives the context the place of one that has ended. Its address
// has the next generation.
func WithReplaced(c *Context) ConnectOption {
	return func(o *connectOptions) {
		if o.replaces = c; c == nil {
			o.err = fmt.Errorf("connect: WithReplaced: %w", errNoContext)
		}
	}
}

// Context is a place where code runs: an agent, on this machine or another.
// Router.Connect and Context.Connect make it and return at once; calls in it
// wait until it is up. Ready tells when it is, Lost when it has ended. It ends
// with Shutdown, with its Broker, or by itself; everything behind it ends with
// it. It does not come back: WithReplaced puts a new one in its place. Any
// goroutine of the process that started it may use it; it is never sent to another
// process.
type Context struct {
	broker  *Broker
	address Address
	name    string
	chain   []string
	via     *Context
	ready   *Result[Greeting]
	lost    *Result[struct{}]
	mail    mailbox
	child   *child        // nil if another process holds the stream
	account *account      // of the connection that leads to it
	told    atomic.Bool   // its parent has said that it has ended
	logs    atomic.Int64  // bytes of entries that wait to be shown
	toldLow atomic.Uint32 // the lowest id that the context was told to remember
	watch   watch         // ends calls whose bounds are over
	ends    callEnds      // ends calls whose ctx has ended
	// spawning are the starts that it was asked for.
	spawning spawning

	// Used by who shows an entry only.
	log  hclog.Logger
	gate gate // of entries, from any goroutine

	// Guarded by the broker's mutex.
	behind          map[*Context]struct{} // contexts started through this one
	offers          map[Blob]*offer
	tunnels         map[*tunnel]struct{}
	receivers       map[dependent]struct{} // that listen to this context only
	order           []*pendingCall         // calls by id; those in front that need not be remembered are removed
	named           map[uint32]int         // how many unanswered calls come after each
	low             uint32                 // the lowest id that the context was told to remember
	ended, replaced bool
	err             error // why, nil when it was shut down
}

// dependent is told of the end of the context that it listens to.
type dependent interface{ end(why error) }

// Connect starts a context below this one and returns at once, also if this one
// is not up yet. A ThroughConnector runs in the controller instead, over bytes
// that this context carries. The end of ctx ends the start; it does nothing
// once the context is up.
func (c *Context) Connect(ctx context.Context, k Connector, opts ...ConnectOption) (*Context, error) {
	if c == nil {
		return nil, fmt.Errorf("connect: %w", errNoContext)
	}
	return c.broker.connect(ctx, c, k, opts)
}

// Address is where the context is in the tree.
func (c *Context) Address() Address {
	if c == nil {
		return Address{}
	}
	return c.address
}

// Name is what WithName said.
func (c *Context) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// String is the name and the address, such as "worker (0.1)".
func (c *Context) String() string {
	if c == nil {
		return "no context"
	}
	return c.name + " (" + c.address.String() + ")"
}

// Chain is the labels of the hops from here to the context, the context's own
// last.
func (c *Context) Chain() []string {
	if c == nil {
		return nil
	}
	return c.chain
}

// Via is the context that this one was started through; nil if this process
// started it itself.
func (c *Context) Via() *Context {
	if c == nil {
		return nil
	}
	return c.via
}

// Ready completes with the greeting when the context is up, or with a
// *ConnectError if it does not come up.
func (c *Context) Ready() *Result[Greeting] {
	if c == nil {
		r := &Result[Greeting]{}
		r.untyped.fail()
		return r
	}
	return c.ready
}

// Lost completes when the context has ended: with a *LostError if it died, with
// its *ConnectError if it never came up, and without an error if it was shut
// down.
func (c *Context) Lost() *Result[struct{}] {
	if c == nil {
		r := &Result[struct{}]{}
		r.untyped.fail()
		return r
	}
	return c.lost
}

// SetLogLevel says from which level on the entries of the context cross the wire, and
// waits until that holds there, at most until ctx ends. A context starts with the level of
// Options.Log, which still decides what of it is shown. Contexts below have levels of their
// own; those that the context itself starts from now on begin with this one.
func (c *Context) SetLogLevel(ctx context.Context, level hclog.Level) error {
	if level < hclog.Trace || level > hclog.Off {
		return fmt.Errorf("log level %d: the levels are those from hclog.Trace to hclog.Off", level)
	}
	_, err := callAndWait[endOut](ctx, c, levelName, plainValues, int32(level))
	return err
}

// Warnings are what the connector has warned of so far; once Ready has
// completed, those are all. Only a context that this process starts itself has
// any.
func (c *Context) Warnings() []Problem {
	if c == nil || c.child == nil {
		return nil
	}
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return slices.Clone(c.child.warnings)
}

// Login says by which keys the context was logged in to; nil if its connector does not log in,
// or has not yet. Only a context that this process starts itself has one.
func (c *Context) Login() *Login {
	if c == nil || c.child == nil {
		return nil
	}
	c.child.nursery.mu.Lock()
	defer c.child.nursery.mu.Unlock()
	if c.child.link == nil {
		return nil
	}
	return c.child.link.Login
}

// Progress is how far the start of a context has come.
type Progress struct {
	// Phase is what the connector does now; see Start.
	Phase Phase
	// Left is the time until the start is given up. It does not run while
	// Paused is true: before the context that this one goes through is up, and
	// while something is waited for that says nothing about the host.
	Left   time.Duration
	Paused bool
	// Asked is what a person is asked to do, which the start waits for; "" for nothing.
	// See Start.Ask.
	Asked string
	// Arrived is how many bytes of an agent of Size bytes have arrived, as the host
	// says, and Rate how many a second. Size is 0 if none is being sent. Before the
	// host has said anything Arrived is -1 and Rate is 0.
	Arrived, Size int64
	Rate          float64
}

// Progress tells how far a context has come that this process starts itself. ok
// is false for any other. Any goroutine may call it.
func (c *Context) Progress() (p Progress, ok bool) {
	if c == nil || c.child == nil {
		return p, false
	}
	p.Phase, p.Paused = *c.child.phase.Load(), true
	if clock := c.child.clock.Load(); clock != nil {
		var runs bool
		p.Left, runs = clock.remaining()
		p.Paused = !runs
		if s, ok := clock.onItsWay(); ok {
			p.Arrived, p.Size, p.Rate = s.arrived, s.size, s.rate
		}
	}
	if what := c.child.asking.Load(); what != nil {
		p.Asked = *what
	}
	return p, true
}

// connect makes the context, and starts it or has its parent start it.
func (b *Broker) connect(ctx context.Context, via *Context, k Connector, opts []ConnectOption) (*Context, error) {
	var o connectOptions
	for _, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("connect: %w", errNoOption)
		}
		opt(&o)
	}
	if err := o.fill(k); err != nil {
		return nil, err
	}
	parent := b.self
	through := false
	if via != nil {
		t, ok := k.(ThroughConnector)
		if through = ok && t.Through(); !through {
			parent = via.address
		}
	}
	switch name := cmp.Or(o.name, k.Kind()); {
	case !utf8.ValidString(name):
		return nil, fmt.Errorf("connect: the name %q is not UTF-8", name)
	case !utf8.ValidString(o.label):
		return nil, fmt.Errorf("connect: the label %q is not UTF-8", o.label)
	case parent.Depth() >= MaxDepth:
		return nil, tooDeep(name)
	case len(o.shared) > maxShared:
		return nil, fmt.Errorf("connect %s: its calls would share %d bytes, and %d is the most", name, len(o.shared), maxShared)
	}
	c := &Context{
		broker: b, via: via, mail: mailbox{of: &b.exchange},
		tunnels: make(map[*tunnel]struct{}),
		behind:  make(map[*Context]struct{}),
		named:   make(map[uint32]int), receivers: make(map[dependent]struct{}),
	}
	c.mail.moved = c.tellMissing
	c.ready, c.lost = newResult[Greeting](c, plainValues), newResult[struct{}](c, plainValues)
	c.ready.untyped.decode = c.greeting
	if parent == b.self {
		c.child = b.newChild(k, o.timeout, o.parallelism, o.shared)
		c.child.report, c.child.agents = c, o.agents
		c.account = c.child.account
		if through {
			c.child.via = via
		}
	} else {
		c.account = via.account
	}
	behindEnded, err := b.place(c, parent, k, &o)
	switch {
	case err != nil:
		return nil, err
	case behindEnded:
		b.endContext(c, c.behindError(via.err))
		return c, nil
	case c.child == nil:
		return c, b.askSpawn(ctx, c, k, o)
	}
	c.child.launch(ctx)
	return c, nil
}

// tooDeep is the problem of a context whose parent is as deep in the tree as any
// may be.
func tooDeep(name string) *Problem {
	return kind.NewProblem("via", kind.CodeContextDepth, "Contexts are nested too deeply",
		"Context %s would be %d contexts away from the controller, and a tree of contexts is at most %d deep. Set via to a context that is nearer to the controller.", name, MaxDepth+1, MaxDepth)
}

// place gives the context its address and its place in the tree. behindEnded is
// true if the context that it is behind has ended already; then that one's err
// is set.
func (b *Broker) place(c *Context, parent Address, k Connector, o *connectOptions) (behindEnded bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return false, errShutdown
	}
	if old := o.replaces; old != nil {
		if !old.ended || old.replaced || old.address.Parent() != parent {
			return false, errors.New("connect: the context to replace has not ended, was replaced already, or was elsewhere")
		}
		c.address = parent.Child(old.address.Index(), old.address.Generation()+1)
		old.replaced = true
	} else {
		b.indexes[parent]++
		c.address = parent.Child(uint32(b.self.Depth())<<askerShift|b.indexes[parent], 0)
	}
	if o.name == "" {
		o.name = k.Kind() + " " + c.address.String()
	}
	if o.label == "" {
		o.label = o.name
	}
	c.name = o.name
	c.chain = append(append([]string(nil), c.via.Chain()...), o.label)
	b.contexts[c.address] = c
	if c.via != nil && c.via.ended {
		c.child = nil
		return true, nil
	}
	if c.via != nil {
		c.via.behind[c] = struct{}{}
	}
	if c.child != nil {
		c.child.chain = c.chain
		b.add(c.child, c.address, c.name)
	}
	return false, nil
}

func (c *Context) place() Address { return c.address }

// awaitUp waits until the context is up.
func (c *Context) awaitUp(ctx context.Context) error {
	_, err := c.ready.Get(ctx)
	return err
}

// awaitSign asks the context to end a child that it does not have, which changes nothing.
func (c *Context) awaitSign(ctx context.Context) {
	var answered *RemoteError
	if _, err := callAndWait[endOut](ctx, c, endName, plainValues, endIn{Address: c.address}); err != nil && !errors.As(err, &answered) {
		_, _ = c.lost.Get(ctx)
	}
}

// up, failed and over make a Context the reporter of its child.
func (c *Context) up(g Greeting) { c.mail.post(func() { c.ready.untyped.complete(nil, g, nil) }) }

func (c *Context) failed(e *ConnectError) {
	e.Context, e.Chain = c.name, c.chain
	c.broker.endContext(c, e)
}

func (c *Context) over(e *LostError) {
	if e == nil {
		c.broker.endContext(c, nil)
		return
	}
	e.Context, e.Chain = c.name, c.chain
	c.broker.endContext(c, e)
}

// greeting decodes the greeting of a child of another context.
func (c *Context) greeting(b []byte) (any, int64, error) {
	var g Greeting
	if err := Unmarshal(b, &g); err != nil {
		return nil, 0, &ConnectError{Context: c.name, Chain: c.chain, Phase: PhaseGreeting, Cause: err.Error(), cause: err}
	}
	g.clean()
	return g, 0, nil
}
