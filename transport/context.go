package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
)

type connectOptions struct {
	name        string
	label       string
	timeout     time.Duration
	parallelism int
	replaces    *Context
}

// ConnectOption changes how a context is started.
type ConnectOption func(*connectOptions)

// WithName names the context in logs and errors; the default is the
// connector's kind and the address.
func WithName(name string) ConnectOption { return func(o *connectOptions) { o.name = name } }

// WithLabel is how chains of hops in errors show this one; the default is its
// name.
func WithLabel(label string) ConnectOption { return func(o *connectOptions) { o.label = label } }

// WithTimeout is the most that this hop may take from dialling to its
// greeting; the default is 10 s.
func WithTimeout(d time.Duration) ConnectOption { return func(o *connectOptions) { o.timeout = d } }

// WithParallelism is how many calls the context runs side by side.
func WithParallelism(n int) ConnectOption { return func(o *connectOptions) { o.parallelism = n } }

// WithReplaced gives the context the place of one that has ended, one
// generation later.
func WithReplaced(c *Context) ConnectOption { return func(o *connectOptions) { o.replaces = c } }

// Context is a place where code runs, started from this process. Any goroutine
// may use it.
type Context struct {
	broker  *Broker
	address Address
	name    string
	chain   []string
	via     *Context
	since   time.Time
	ready   *Result[Greeting]
	lost    *Result[struct{}]
	mail    mailbox
	child   *child       // nil where another process holds the stream
	tally   *tally       // of the connection that it is behind
	told    atomic.Bool  // its parent has said that it ended
	logs    atomic.Int64 // bytes of records that wait to be shown
	watch   watch        // ends calls whose bounds are over

	// Used in the mailbox only.
	log  hclog.Logger
	gate gate // of records, from any goroutine

	// Guarded by the broker's mutex.
	behind          map[*Context]struct{} // contexts started through this one
	tunnels         map[*tunnel]struct{}
	receivers       map[*Receiver]struct{} // that listen to this context only
	calls           map[uint32]*pendingCall
	order           []*pendingCall // calls by id, those in front that need not be remembered removed
	named           map[uint32]int // how many unanswered calls come after each
	low             uint32         // the lowest id that was said to be remembered
	ended, replaced bool
	err             error // why, nil when it was shut down
}

// Connect starts a context below this one and returns at once, whether this
// one is up or not. A ThroughConnector runs in the controller, over bytes that
// this context carries. ctx ends the attempt, not the context.
func (c *Context) Connect(ctx context.Context, k Connector, opts ...ConnectOption) (*Context, error) {
	return c.broker.connect(ctx, c, k, opts)
}

// Address is where the context is.
func (c *Context) Address() Address { return c.address }

// Name is what WithName said.
func (c *Context) Name() string { return c.name }

// Chain is the labels of the hops from here to the context.
func (c *Context) Chain() []string {
	if c == nil {
		return nil
	}
	return c.chain
}

// Via is the context that this one was started through, nil for this process'
// own.
func (c *Context) Via() *Context { return c.via }

// Ready completes with the greeting, or with a *ConnectError.
func (c *Context) Ready() *Result[Greeting] { return c.ready }

// Lost completes with a *LostError when the context dies, with the
// *ConnectError when it never came up, and without an error when it was shut
// down.
func (c *Context) Lost() *Result[struct{}] { return c.lost }

// Warnings are what the connector warned of so far; once Ready has completed,
// all there are. Only a context that this process starts itself has any.
func (c *Context) Warnings() []kind.Problem {
	if c.child == nil {
		return nil
	}
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return slices.Clone(c.child.warnings)
}

// Progress is how far the start of a context has come.
type Progress struct {
	// Phase is what the connector does now; see Start.
	Phase string
	// Left is the time until the start is given up. It does not run while Stands
	// is true: before the context that this one goes through is up, and while what
	// is waited for says nothing about the host.
	Left   time.Duration
	Stands bool
}

// Progress tells it of a context that this process starts itself; ok is false for
// any other. Any goroutine may call it.
func (c *Context) Progress() (p Progress, ok bool) {
	if c.child == nil {
		return p, false
	}
	p.Phase, p.Stands = *c.child.phase.Load(), true
	if clock := c.child.clock.Load(); clock != nil {
		var runs bool
		p.Left, runs = clock.remaining()
		p.Stands = !runs
	}
	return p, true
}

// connect makes the context and starts it or has it started.
func (b *Broker) connect(ctx context.Context, via *Context, k Connector, opts []ConnectOption) (*Context, error) {
	var o connectOptions
	for _, opt := range opts {
		opt(&o)
	}
	parent := b.self
	through := false
	if via != nil {
		t, ok := k.(ThroughConnector)
		if through = ok && t.Through(); !through {
			parent = via.address
		}
	}
	if parent.Depth() >= MaxDepth {
		return nil, fmt.Errorf("connect: a tree of contexts is at most %d deep", MaxDepth)
	}
	c := &Context{
		broker: b, via: via, since: time.Now(),
		tunnels: make(map[*tunnel]struct{}),
		behind:  make(map[*Context]struct{}), calls: make(map[uint32]*pendingCall),
		named: make(map[uint32]int), receivers: make(map[*Receiver]struct{}),
	}
	c.ready, c.lost = newResult[Greeting](c), newResult[struct{}](c)
	c.ready.o.decode = c.greeting
	if parent == b.self {
		c.child = b.newChild(k, o)
		c.child.report = c
		c.tally = c.child.tally
		if through {
			c.child.via = via
		}
	} else {
		c.tally = via.tally
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

// place gives the context its address and enters it in the tree. It tells
// whether the context that it is behind has ended already, with its err.
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
		c.child.address, c.child.name = c.address, c.name
		b.children[c.address] = c.child
	}
	return false, nil
}

// up, failed and over make a Context the reporter of its child.
func (c *Context) up(g Greeting) { c.mail.post(func() { c.ready.o.complete(nil, g, nil) }) }

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

// greeting decodes the greeting that another context passed on.
func (c *Context) greeting(b []byte) (any, int64, error) {
	var g Greeting
	if err := Unmarshal(b, &g); err != nil {
		return nil, 0, &ConnectError{Context: c.name, Chain: c.chain, Phase: "greeting", Cause: err.Error(), cause: err}
	}
	g.clean()
	return g, 0, nil
}

// behindError is what an error of the context that c is behind means for c:
// the same root, told once.
func (c *Context) behindError(err error) error {
	if err == nil {
		return nil
	}
	name, root := rootOf(err)
	cause := "context " + name + " behind which it is was lost"
	var connect *ConnectError
	if errors.As(root, &connect) {
		cause = "context " + name + " behind which it is did not come up"
	}
	if finished, rerr := c.ready.o.state(); !finished || rerr != nil {
		return &ConnectError{Context: c.name, Chain: c.chain, Phase: "via", Cause: cause, Root: root}
	}
	return &LostError{Context: c.name, Chain: c.chain, Cause: cause, Root: name, root: root}
}

// rootOf is the hop that failed first, and its error.
func rootOf(err error) (string, error) {
	switch e := err.(type) {
	case *ConnectError:
		if e.Root != nil {
			return rootOf(e.Root)
		}
		return e.Context, e
	case *LostError:
		if e.root != nil {
			return rootOf(e.root)
		}
		return e.Context, e
	}
	return "", err
}

// endContext ends c and everything behind it, with the one root cause. The
// first end of a context is the one that counts.
func (b *Broker) endContext(c *Context, err error) {
	b.mu.Lock()
	if c.ended {
		b.mu.Unlock()
		return
	}
	c.ended, c.err = true, err
	behind := make([]*Context, 0, len(c.behind))
	for d := range c.behind {
		behind = append(behind, d)
	}
	calls := make([]*pendingCall, 0, len(c.order))
	for _, p := range c.order {
		if p != nil && c.calls[p.id] == p {
			calls = append(calls, p)
		}
	}
	receivers := make([]*Receiver, 0, len(c.receivers))
	for r := range c.receivers {
		receivers = append(receivers, r)
	}
	delete(b.contexts, c.address)
	delete(b.indexes, c.address)
	if c.via != nil {
		delete(c.via.behind, c)
	}
	b.mu.Unlock()
	for _, d := range behind {
		b.endContext(d, d.behindError(err))
		if d.child != nil {
			d.child.end(b.opt.ShutdownTimeout)
		}
	}
	b.forgetFlows(c.address)
	c.resetTunnels(err)
	c.mail.post(func() {
		c.tellMissing()
		c.settle(calls, err)
		for _, r := range receivers {
			r.end(c.ending())
		}
	})
}

// postBehind runs quick work once all that was said by the contexts that c is
// behind has been brought: their end may be among it.
func (c *Context) postBehind(work func()) {
	if c.via == nil {
		c.mail.post(work)
		return
	}
	c.via.postBehind(func() { c.mail.post(work) })
}

// settle completes everything that waits for an ended context.
func (c *Context) settle(calls []*pendingCall, err error) {
	reason := err
	if err == nil {
		reason = &LostError{Context: c.name, Chain: c.chain, Cause: "it was shut down"}
	}
	ready := reason
	var connect *ConnectError
	if !errors.As(err, &connect) {
		ready = &ConnectError{Context: c.name, Chain: c.chain, Cause: "it ended before it was up", Root: reason}
	}
	c.ready.o.complete(nil, nil, ready)
	for _, p := range calls {
		if err == nil {
			p.fail(&CancelledError{Function: p.name, Phase: p.phase(), Cause: "context " + c.name + " was shut down"})
			continue
		}
		p.fail(err)
	}
	c.lost.o.complete(nil, struct{}{}, err)
}

// Shutdown ends the context and everything below it, bounded by the broker's
// ShutdownTimeout and by ctx.
func (c *Context) Shutdown(ctx context.Context) error {
	b := c.broker
	for _, d := range c.through() {
		d.child.end(b.opt.ShutdownTimeout)
	}
	if c.child == nil {
		return c.askEnd(ctx)
	}
	c.child.end(b.opt.ShutdownTimeout)
	select {
	case <-c.child.done:
	case <-ctx.Done():
		return fmt.Errorf("shut down context %s: %w", c.name, context.Cause(ctx))
	}
	return c.child.ending()
}

// through are the contexts of this process that were dialled through c.
func (c *Context) through() []*Context {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	var found []*Context
	for d := range c.behind {
		if d.child != nil {
			found = append(found, d)
		}
	}
	return found
}

// explain takes over what err knows of itself.
func explain(e *ConnectError, err error) {
	var p *kind.Problem
	if errors.As(err, &p) {
		e.Problem = p
	}
	var inner *ConnectError
	if errors.As(err, &inner) && inner.Context == "" {
		e.Phase, e.Cause = inner.Phase, inner.Cause
		e.LastWords, e.Exit = inner.LastWords, inner.Exit
	}
	var lost *LostError
	switch {
	case errors.As(err, &lost):
		_, e.Root = rootOf(lost)
	case inner != nil && inner.Context != "":
		_, e.Root = rootOf(inner)
	}
}

// mailbox brings what a context said in its order, without making the stream's
// reader wait: it runs work at once when nothing is before it, and on a
// goroutine of its own when something that may take time is.
type mailbox struct {
	mu    sync.Mutex // guards what follows; not held while work runs
	queue []func()
	busy  bool
}

// post runs quick work in its turn.
func (m *mailbox) post(work func()) {
	m.mu.Lock()
	if m.busy {
		m.queue = append(m.queue, work)
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	work()
}

// postSlow runs work in its turn, on a goroutine that start starts.
func (m *mailbox) postSlow(start func(func()), work func()) {
	m.mu.Lock()
	m.queue = append(m.queue, work)
	begin := !m.busy
	m.busy = true
	m.mu.Unlock()
	if begin {
		start(m.drain)
	}
}

func (m *mailbox) drain() {
	for {
		m.mu.Lock()
		if len(m.queue) == 0 {
			m.queue, m.busy = nil, false
			m.mu.Unlock()
			return
		}
		batch := m.queue
		m.queue = nil
		m.mu.Unlock()
		for _, work := range batch {
			work()
		}
	}
}

func (m *mailbox) length() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}
