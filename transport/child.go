package transport

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// DefaultTimeout is how long the start of a context may go on without progress, from
// dialling to its greeting, if WithTimeout says nothing else.
const DefaultTimeout = 10 * time.Second

// child is a context that this process starts and whose stream it holds. A
// nursery makes it. Its own goroutine takes it from the start of the connector
// to the end of the process; done is closed when nothing is left of it.
type child struct {
	nursery   *nursery
	address   Address
	name      string
	connector Connector
	// timeout is how long the start may go on without progress; 0 means
	// DefaultTimeout. parallelism and shared are passed on to the child.
	timeout     time.Duration
	parallelism int
	shared      []byte
	via         carrier // what a ThroughConnector goes through; nil for any other
	report      reporter
	since       time.Time

	ctx     context.Context         // of the start
	cancel  context.CancelCauseFunc // ends the start
	asked   chan struct{}           // closed when it is to end
	ends    chan struct{}           // closed when it says that it ends
	done    chan struct{}           // closed when nothing is left of it
	askOnce sync.Once
	within  time.Duration // in which it is to end; set before asked is closed
	phase   atomic.Pointer[Phase]
	clock   atomic.Pointer[startClock] // nil until the time of the start begins
	asking  atomic.Pointer[string]     // what a person is asked to do; nil for nothing
	log     StartLog
	times   phaseTimes
	chain   []string // as the Context has it; nil if another process started it
	account *account
	echo    echo // only the pulse of its stream uses it

	exited chan struct{} // closed when exit is set
	exit   Exit

	// Guarded by the exchange's mutex.
	branch
	link       *Link
	saidBye    bool // it ends on purpose
	stillAlive bool // its process, or its start, could not be ended
	// agents is where its agent comes from; nil is where all of this process do.
	agents AgentSource
	// warnings are what the connector has to say beside how the start went.
	warnings []Problem
}

// carrier is the context that a ThroughConnector goes through: it carries the
// bytes.
type carrier interface {
	// place is the context's address.
	place() Address
	// awaitUp waits until the context is up.
	awaitUp(ctx context.Context) error
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	// awaitSign waits until the context has answered, or it and all behind it have
	// ended, or ctx has.
	awaitSign(ctx context.Context)
}

// reporter is told once how a start went and, if the child came up, once how it
// ended.
type reporter interface {
	up(g Greeting)
	failed(err *ConnectError)
	// over is called with nil if the child was asked to end.
	over(err *LostError)
}

// newChild makes a child that has neither its place in the tree nor its reporter
// yet.
func (n *nursery) newChild(k Connector, timeout time.Duration, parallelism int, shared []byte) *child {
	c := &child{
		nursery: n, connector: k, timeout: timeout, parallelism: parallelism, shared: shared, since: time.Now(),
		asked: make(chan struct{}), ends: make(chan struct{}), done: make(chan struct{}), exited: make(chan struct{}),
		account: newAccount(),
	}
	c.ctx, c.cancel = context.WithCancelCause(n.ctx)
	c.log.of, c.times.since = c, c.since
	waiting := PhaseWaiting
	c.phase.Store(&waiting)
	return c
}

// launch starts the child's goroutine. The end of caller ends the start, and
// nothing after it.
func (c *child) launch(caller context.Context) {
	stop := context.AfterFunc(caller, func() { c.cancel(context.Cause(caller)) })
	c.nursery.goroutine(func() { c.run(c.ctx, stop) })
}

// enterPhase notes what the start is doing now. It comes to a new phase because the
// other side has answered.
func (c *child) enterPhase(phase Phase) {
	before := c.phase.Swap(&phase)
	if *before == phase {
		return
	}
	debug := c.log.IsDebug()
	took := c.times.end(*before, debug)
	if debug {
		c.log.Debug("phase "+string(phase), "before", string(*before), "took", roughly(took))
	}
	if clock := c.clock.Load(); clock != nil {
		clock.progress()
	}
}

// run takes the child from its start to the end of its process.
func (c *child) run(ctx context.Context, stop func() bool) {
	defer c.nursery.over(c)
	defer c.cancel(nil)
	if c.log.IsDebug() {
		c.log.Debug("start begins", "kind", c.connector.Kind(), "place", c.address.String(), "limit", cmp.Or(c.timeout, DefaultTimeout).String())
	}
	s, g, err := c.start(ctx)
	stop()
	if err != nil {
		c.logFailure(err)
		c.askCarrier()
		c.report.failed(err)
		c.nursery.remove(c)
		if c.link != nil {
			c.terminate(0, c.nursery.opt.KillDelay, c.asked)
		}
		return
	}
	c.account.endBy(s.fail)
	s.start(func(m *Message) { c.nursery.receive(s, m) })
	c.logUp(&g)
	c.report.up(g)
	c.nursery.openBranch(&c.branch, s)
	select {
	case <-s.over:
		c.reportLoss(s)
	case <-c.asked:
		c.finish(s)
	}
	waitFor(&s.wg, exitGrace)
}

// start runs the connector and exchanges greetings. Its time begins when
// the context that it goes through is up.
func (c *child) start(ctx context.Context) (*Stream, Greeting, *ConnectError) {
	if c.via != nil {
		c.enterPhase(PhaseVia)
		if err := c.via.awaitUp(ctx); err != nil {
			return nil, Greeting{}, c.failure(ctx, err)
		}
	}
	times := startTimes
	if c.nursery.up != nil {
		times = startTimesBelow
	}
	bounded, clock := newStartClock(ctx, c.timeout, times, &c.nursery.late)
	defer clock.stop()
	slots := c.nursery.slots(c, clock)
	c.clock.Store(clock)
	defer slots.abandon()
	link, err := c.connectInTurn(bounded, clock, slots)
	if err != nil {
		return nil, Greeting{}, c.failure(bounded, err)
	}
	link.Close = sync.OnceValue(link.Close)
	c.nursery.mu.Lock()
	c.link = link
	c.nursery.mu.Unlock()
	c.nursery.goroutine(func() { c.awaitLink(link) })
	c.enterPhase(PhaseGreeting)
	s, g, err := c.greet(bounded, link)
	if err != nil {
		_ = link.Close()
		failure := c.failure(bounded, err)
		if _, ended := c.awaitExit(exitGrace); ended {
			failure.Exit = &c.exit
		}
		failure.LastWords = c.lastWords()
		return nil, g, failure
	}
	slots.release()
	return s, g, nil
}

// connectInTurn runs the connector when it is its turn, and again if there was too
// much at once. A ThroughConnector waits for its turns itself, and tries again.
func (c *child) connectInTurn(ctx context.Context, clock *startClock, slots *Slots) (*Link, error) {
	if t, ok := c.connector.(ThroughConnector); ok && t.Through() {
		return c.connect(ctx, clock, slots)
	}
	for times := 1; ; times++ {
		if err := slots.process(ctx); err != nil {
			return nil, err
		}
		others := slots.others()
		link, err := c.connect(ctx, clock, slots)
		if err == nil || !crowded(err) {
			return link, err
		}
		c.log.Debug("too much at once", "cause", told(err))
		alone := !others && !slots.others() && !Exhausted(err)
		if alone && times >= aloneTimes || !slots.Again(ctx, false) {
			return nil, triedOften(err, times)
		}
	}
}

// connect runs the connector. If it does not return soon after the end of its
// ctx, it is left behind, and its link is closed when it comes.
func (c *child) connect(ctx context.Context, clock *startClock, slots *Slots) (*Link, error) {
	type started struct {
		link *Link
		err  error
	}
	got := make(chan started, 1)
	c.enterPhase(PhaseStart)
	c.nursery.goroutine(func() {
		link, err := c.connector.Start(ctx, c.startArgs(clock, slots))
		got <- started{link, err}
	})
	select {
	case s := <-got:
		return s.link, s.err
	case <-ctx.Done():
	}
	late := time.NewTimer(c.nursery.opt.KillDelay)
	defer late.Stop()
	select {
	case s := <-got:
		if s.err == nil {
			discard(s.link)
			s.err = context.Cause(ctx)
		}
		return nil, s.err
	case <-late.C:
		c.setAlive(true)
		c.log.Debug("connector does not return, and is left behind")
		c.nursery.goroutine(func() {
			if s := <-got; s.err == nil {
				discard(s.link)
			}
			c.setAlive(false)
		})
		return nil, context.Cause(ctx)
	}
}

// discard ends a link that came too late.
func discard(l *Link) {
	_ = l.Close()
	if l.Kill != nil {
		_ = l.Kill(syscall.SIGKILL)
	}
	l.Wait()
}

// startArgs is what the connector gets to work with.
func (c *child) startArgs(clock *startClock, slots *Slots) Start {
	s := Start{
		Agents:      c.agents,
		ProcessName: processName(c.name, c.nursery.opt.Name), Token: rand.Text(), Phase: c.enterPhase,
		Pause: clock.pause, Ask: c.ask, Within: clock.within, Progress: clock.progress, Push: clock.push, Warn: c.warn,
		Log: &c.log, Slots: slots,
	}
	if s.Agents == nil {
		s.Agents = c.nursery.opt.Agents
	}
	if c.via != nil {
		s.Dial = slots.measured(c.via.DialContext, c.via)
	}
	return s
}

// AskedFor is how long a start waits at most for what a person is asked to do. An sshd
// waits as long for a login if its LoginGraceTime is not set.
const AskedFor = 2 * time.Minute

// ask tells a person what to do. The clock of the start stands until the function that it
// returns is called.
func (c *child) ask(what string) (answered func()) {
	c.asking.Store(&what)
	c.nursery.say(hclog.Warn, what, "context", c.name)
	resume := c.clock.Load().pause(AskedFor)
	return func() {
		c.asking.Store(nil)
		resume()
	}
}

// warn keeps a warning of the connector for Context.Warnings.
func (c *child) warn(w Problem) {
	c.nursery.mu.Lock()
	defer c.nursery.mu.Unlock()
	c.warnings = append(c.warnings, w)
}

// greet reads the child's greeting and queues the answer.
func (c *child) greet(ctx context.Context, link *Link) (*Stream, Greeting, error) {
	var p greetingPayload
	stop := context.AfterFunc(ctx, func() { _ = link.Close() })
	frames := newFrameReader(link.R, aheadOfChild)
	m, err := frames.read()
	if !stop() {
		return nil, p.Facts, context.Cause(ctx)
	}
	switch {
	case err == io.EOF:
		return nil, p.Facts, errors.New("the child ended before its greeting")
	case err != nil:
		return nil, p.Facts, fmt.Errorf("the child's greeting cannot be read: %w", err)
	case m.Handle != handleGreeting:
		return nil, p.Facts, fmt.Errorf("%w: the child's first frame is no greeting", errFrame)
	}
	if err := Unmarshal(m.Data, &p); err != nil {
		return nil, p.Facts, fmt.Errorf("the child's greeting cannot be read: %w", err)
	}
	if p.Protocol < Protocol {
		return nil, p.Facts, fmt.Errorf("the agent speaks protocol %d and this program %d: the agent is too old", p.Protocol, Protocol)
	}
	p.Facts.clean()
	s := c.nursery.newStream(frames, link.W, link.Close)
	s.peer, s.account, s.uplink = c.address, c.account, c.nursery.up
	s.others = func() int { return c.nursery.contextsBehind(c.address) }
	s.behind = func() bool { return c.isBehind(s) }
	if s.event != nil {
		s.tell(false, m)
	}
	return s, p.Facts, c.sendSetup(s)
}

// sendSetup queues the answer to the child's greeting.
func (c *child) sendSetup(s *Stream) error {
	o := c.nursery.opt
	data, err := Marshal(setupPayload{
		Protocol: Protocol, Address: c.address, Name: o.Name, Level: int32(levelOf(c.nursery.log)),
		Interval: int64(o.HeartbeatInterval), Timeout: int64(o.HeartbeatTimeout),
		KillDelay: int64(o.KillDelay), Shutdown: int64(o.ShutdownTimeout), Parallelism: c.parallelism, Shared: c.shared, MaxMessage: o.MaxMessage,
	})
	if err != nil {
		return err
	}
	return s.send(&Message{Dst: c.address, Src: c.nursery.self, Handle: handleSetup, Data: data}, false)
}

// failure is the error of a start that ended with err.
func (c *child) failure(ctx context.Context, err error) *ConnectError {
	var spoken *SpokenError
	words := ""
	if errors.As(err, &spoken) {
		words = shorten(Clean(spoken.LastWords), maxWords)
	}
	var said *Problem // the connector knows best what it was waiting for
	if cause := context.Cause(ctx); cause != nil && !errors.As(err, &said) {
		var t *TimeoutError
		if errors.As(cause, &t) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			err = cause
		}
	}
	e := &ConnectError{Phase: *c.phase.Load(), Cause: shorten(toldOf(err), maxText), LastWords: words, cause: err}
	explain(e, err)
	return e
}

// levelOf is the lowest level that log shows.
func levelOf(log hclog.Logger) hclog.Level {
	switch {
	case log.IsTrace():
		return hclog.Trace
	case log.IsDebug():
		return hclog.Debug
	case log.IsInfo():
		return hclog.Info
	case log.IsWarn():
		return hclog.Warn
	case log.IsError():
		return hclog.Error
	}
	return hclog.Off
}
