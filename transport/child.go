package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Bounds of a start.
const (
	// DefaultTimeout bounds a hop from dialling to its greeting, where
	// WithTimeout says nothing else.
	DefaultTimeout = 10 * time.Second
	// maxHeld is what a parent keeps for a child that is still starting.
	maxHeld = 64 << 20
	// answerTime is how long a child that is told to end has to say that it
	// does; a lie costs no more than that either.
	answerTime = time.Second
	// exitGrace is how long a report waits for an exit status.
	exitGrace = time.Second
	maxWords  = 4 << 10
)

// child is a context that this process starts and holds the stream of. Its own
// goroutine takes it from the connector's start to the end of its process.
type child struct {
	broker    *Broker
	address   Address
	name      string
	connector Connector
	opts      connectOptions
	via       *Context // whose network a ThroughConnector uses
	report    reporter
	since     time.Time

	ctx     context.Context         // of the start
	cancel  context.CancelCauseFunc // ends the start
	asked   chan struct{}           // closed when it is to end
	ends    chan struct{}           // closed when it says that it ends
	done    chan struct{}           // closed when nothing is left of it
	askOnce sync.Once
	within  time.Duration // set before asked is closed
	phase   atomic.Pointer[string]
	clock   atomic.Pointer[hopClock] // nil until the hop's time begins
	tally   *tally

	exited chan struct{} // closed when exit is set
	exit   Exit

	// Guarded by the broker's mutex.
	stream *Stream // nil while frames are held
	link   *Link
	held   []*Message
	bytes  int
	ended  bool
	clean  bool  // it said goodbye
	unkill error // it could not be ended
	// warnings are what the connector has to say beside how the start went.
	warnings []kind.Problem
}

// reporter is told once how a start went, and once how the child ended.
type reporter interface {
	up(g Greeting)
	failed(err *ConnectError)
	// over is told nil where the child was asked to end.
	over(err *LostError)
}

// newChild makes a child that has neither its place nor its reporter yet.
func (b *Broker) newChild(k Connector, o connectOptions) *child {
	c := &child{
		broker: b, connector: k, opts: o, since: time.Now(),
		asked: make(chan struct{}), ends: make(chan struct{}), done: make(chan struct{}), exited: make(chan struct{}),
		tally: newTally(),
	}
	c.ctx, c.cancel = context.WithCancelCause(b.ctx)
	c.at("waiting")
	return c
}

// launch starts the child's goroutine. caller ends the attempt.
func (c *child) launch(caller context.Context) {
	stop := context.AfterFunc(caller, func() { c.cancel(context.Cause(caller)) })
	c.broker.goroutine(func() { c.run(c.ctx, stop) })
}

func (c *child) at(phase string) { c.phase.Store(&phase) }

// hold returns the stream for a message, or keeps it until there is one. The
// caller holds the broker's mutex.
func (c *child) hold(m *Message) (*Stream, error) {
	switch {
	case c.ended:
		return nil, errNoRoute
	case c.stream != nil:
		return c.stream, nil
	case c.bytes+m.size() > maxHeld:
		return nil, errors.New("too much is waiting for it to start")
	}
	c.held = append(c.held, m)
	c.bytes += m.size()
	m.from.add(m.size())
	return nil, nil
}

// letGo forgets what was kept. The caller holds the broker's mutex.
func (c *child) letGo() (held []*Message) {
	held = c.held
	c.held, c.bytes = nil, 0
	for _, m := range held {
		m.from.take(m.size())
	}
	return held
}

// run is the life of the child.
func (c *child) run(ctx context.Context, stop func() bool) {
	defer close(c.done)
	defer c.cancel(nil)
	s, g, err := c.start(ctx)
	stop()
	if err != nil {
		c.report.failed(err)
		c.broker.remove(c)
		if c.link != nil {
			c.terminate(0, c.broker.opt.KillDelay, c.asked)
		}
		return
	}
	c.tally.stream.Store(s)
	s.start(func(m *Message) { c.broker.receive(s, m) })
	c.report.up(g)
	c.flushHeld(s)
	select {
	case <-s.over:
		c.lost(s)
	case <-c.asked:
		c.finish(s)
	}
	waitFor(&s.wg, exitGrace)
}

// start runs the connector and exchanges greetings; the hop's time begins when
// the context that it goes through is up.
func (c *child) start(ctx context.Context) (*Stream, Greeting, *ConnectError) {
	if c.via != nil {
		c.at("via")
		if _, err := c.via.Ready().Get(ctx); err != nil {
			return nil, Greeting{}, c.failure(ctx, err)
		}
	}
	hop, clock := newHopClock(ctx, c.opts.timeout)
	defer clock.stop()
	c.clock.Store(clock)
	link, err := c.connect(hop, clock)
	if err != nil {
		return nil, Greeting{}, c.failure(hop, err)
	}
	link.Close = sync.OnceValue(link.Close)
	c.broker.mu.Lock()
	c.link = link
	c.broker.mu.Unlock()
	c.broker.goroutine(func() { c.exit = link.Wait(); close(c.exited) })
	c.at("greeting")
	s, g, err := c.greet(hop, link)
	if err != nil {
		_ = link.Close()
		failure := c.failure(hop, err)
		if _, ended := c.awaitExit(exitGrace); ended {
			failure.Exit = &c.exit
		}
		failure.LastWords = c.words()
		return nil, g, failure
	}
	return s, g, nil
}

// connect runs the connector. One that does not listen to the end of its
// context is left behind and its link is closed when it comes.
func (c *child) connect(hop context.Context, clock *hopClock) (*Link, error) {
	type started struct {
		link *Link
		err  error
	}
	got := make(chan started, 1)
	c.at("start")
	c.broker.goroutine(func() {
		link, err := c.connector.Start(hop, c.startArgs(clock))
		got <- started{link, err}
	})
	select {
	case s := <-got:
		return s.link, s.err
	case <-hop.Done():
	}
	late := time.NewTimer(c.broker.opt.KillDelay)
	defer late.Stop()
	select {
	case s := <-got:
		if s.err == nil {
			discard(s.link)
			s.err = context.Cause(hop)
		}
		return nil, s.err
	case <-late.C:
		c.broker.goroutine(func() {
			if s := <-got; s.err == nil {
				discard(s.link)
			}
		})
		return nil, context.Cause(hop)
	}
}

func discard(l *Link) {
	_ = l.Close()
	if l.Kill != nil {
		_ = l.Kill(syscall.SIGKILL)
	}
	l.Wait()
}

func (c *child) startArgs(clock *hopClock) Start {
	s := Start{
		Agents: c.broker.opt.Agents, Log: c.broker.log.Named(c.name),
		ProcessName: "mitoplan:" + c.broker.opt.Name, Token: rand.Text(), Phase: c.at, Pause: clock.pause, Within: clock.within, Warn: c.warn,
	}
	if c.via != nil {
		s.Dial = c.via.DialContext
	}
	return s
}

// warn keeps what the connector warns of.
func (c *child) warn(w kind.Problem) {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	c.warnings = append(c.warnings, w)
}

// greet reads the child's greeting and queues the answer.
func (c *child) greet(hop context.Context, link *Link) (*Stream, Greeting, error) {
	var p greetingPayload
	stop := context.AfterFunc(hop, func() { _ = link.Close() })
	frames := newFrameReader(link.R)
	m, err := frames.read()
	if !stop() {
		return nil, p.Facts, context.Cause(hop)
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
	s := c.broker.newStream(frames, link.W, link.Close)
	s.peer, s.tally, s.uplink = c.address, c.tally, c.broker.up
	s.others = func() int { return c.broker.contextsBehind(c.address) }
	if s.event != nil {
		s.tell(false, m)
	}
	return s, p.Facts, c.sendSetup(s)
}

func (b *Broker) newStream(r *frameReader, w io.Writer, closer func() error) *Stream {
	s := newStream(r, w, closer)
	s.self, s.event, s.guard, s.soft = b.self, b.opt.Frames, b.opt.Guard, b.opt.softQueue
	s.interval, s.timeout = b.opt.HeartbeatInterval, b.opt.HeartbeatTimeout
	s.hoard = hoardTime
	return s
}

func (c *child) sendSetup(s *Stream) error {
	o := c.broker.opt
	data, err := Marshal(setupPayload{
		Protocol: Protocol, Address: c.address, Name: o.Name, Level: int32(levelOf(c.broker.log)),
		Interval: int64(o.HeartbeatInterval), Timeout: int64(o.HeartbeatTimeout),
		KillDelay: int64(o.KillDelay), Shutdown: int64(o.ShutdownTimeout), Parallelism: c.opts.parallelism,
	})
	if err != nil {
		return err
	}
	return s.send(&Message{Dst: c.address, Src: c.broker.self, Handle: handleSetup, Data: data}, false)
}

// flushHeld sends what was kept, in order, and lets later messages pass.
func (c *child) flushHeld(s *Stream) {
	b := c.broker
	for {
		b.mu.Lock()
		held := c.letGo()
		if len(held) == 0 {
			c.stream = s
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		for _, m := range held {
			_ = s.send(m, m.flags&flagBulk != 0)
		}
	}
}

// failure is the error of a start that err ended.
func (c *child) failure(ctx context.Context, err error) *ConnectError {
	var said *kind.Problem // the connector knows best what it was waiting for
	if cause := context.Cause(ctx); cause != nil && !errors.As(err, &said) {
		var t *TimeoutError
		if errors.As(cause, &t) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			err = cause
		}
	}
	e := &ConnectError{Phase: *c.phase.Load(), Cause: shorten(err.Error(), maxText), cause: err}
	explain(e, err)
	return e
}

// errEnded ends the start of a child that is not wanted any longer.
var errEnded = errors.New("it was told to end")

// end asks the child to end within the time; done tells when it has.
func (c *child) end(within time.Duration) {
	c.askOnce.Do(func() {
		c.within = within
		close(c.asked)
		c.cancel(errEnded)
	})
}

// ending is what could not be ended, once done is closed.
func (c *child) ending() error {
	select {
	case <-c.done:
	default:
		return fmt.Errorf("context %s did not end", c.name)
	}
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return c.unkill
}

// finish ends a child that was asked to: a word, TERM, KILL, each in its time.
func (c *child) finish(s *Stream) {
	kill := c.broker.opt.KillDelay
	if kill*2 > c.within {
		kill = c.within / 8
	}
	term := c.within - kill
	word := min(4*time.Second, term*9/10)
	data, _ := Marshal(shutdownPayload{Within: int64(word)})
	_ = s.send(&Message{Dst: c.address, Src: c.broker.self, Handle: handleShutdown, Data: data}, false)
	if !c.answers(s, min(answerTime, c.within/3)) {
		s.fail(errClosed) // an agent that is only slow ends by itself now
		term = min(answerTime, c.within/6)
		c.within = 2 * term
	}
	killed := time.AfterFunc(term, func() { s.fail(errClosed) })
	defer killed.Stop()
	c.terminate(term, c.within, nil)
	s.fail(errClosed)
	waitFor(&s.wg, exitGrace)
	c.report.over(nil)
	c.broker.remove(c)
}

// answers reports whether the child says in time that it ends, or has ended.
func (c *child) answers(s *Stream, within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-c.ends:
	case <-s.over:
	case <-c.exited:
	case <-late.C:
		return false
	}
	return true
}

// terminate waits for the exit, and notes where there is none. When hurry is
// closed, it waits no longer than a second for each of its steps.
func (c *child) terminate(term, kill time.Duration, hurry <-chan struct{}) {
	if _, ok := c.reap(term, kill, hurry); ok {
		return
	}
	c.broker.mu.Lock()
	c.unkill = fmt.Errorf("context %s could not be ended: its process does not react to KILL", c.name)
	c.broker.mu.Unlock()
}

// lost is for a child that ended by itself: it is reported at once, with the
// exit status where that is known soon, and then its process is ended.
func (c *child) lost(s *Stream) {
	waitFor(&s.wg, exitGrace)
	c.broker.mu.Lock()
	clean := c.clean
	c.broker.mu.Unlock()
	err := &LostError{Cause: explainEnd(s.cause())}
	if status, ok := c.awaitExit(exitGrace); ok {
		err.Exit = &status
	}
	err.LastWords = c.words()
	select {
	case <-c.asked:
		err = nil
	default:
		if clean {
			err.Cause = "it ended by itself"
		}
	}
	c.report.over(err)
	c.broker.remove(c)
	delay := c.broker.opt.KillDelay
	if misdeed(s.cause()) {
		c.terminate(0, min(delay, answerTime), c.asked)
		return
	}
	c.terminate(delay, 2*delay, c.asked)
}

func explainEnd(err error) string {
	switch {
	case err == io.EOF:
		return "its connection was closed"
	case err == nil:
		return "its connection ended"
	}
	return shorten(err.Error(), maxText)
}

func (c *child) awaitExit(d time.Duration) (Exit, bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.exited:
		return c.exit, true
	case <-t.C:
		return Exit{}, false
	}
}

// awaitExitOr is awaitExit that waits a second at most once hurry is closed.
func (c *child) awaitExitOr(d time.Duration, hurry <-chan struct{}) (Exit, bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c.exited:
		return c.exit, true
	case <-t.C:
		return Exit{}, false
	case <-hurry:
		return c.awaitExit(min(d, answerTime))
	}
}

// reap waits for the exit, sending TERM and KILL when their time has come.
func (c *child) reap(term, kill time.Duration, hurry <-chan struct{}) (Exit, bool) {
	if e, ok := c.awaitExitOr(term, hurry); ok {
		return e, true
	}
	c.signal(syscall.SIGTERM)
	if e, ok := c.awaitExitOr(kill-term, hurry); ok {
		return e, true
	}
	c.signal(syscall.SIGKILL)
	return c.awaitExit(exitGrace)
}

func (c *child) signal(sig syscall.Signal) {
	if c.link.Kill != nil {
		_ = c.link.Kill(sig)
	}
}

func (c *child) words() string {
	if c.link == nil || c.link.LastWords == nil {
		return ""
	}
	w := c.link.LastWords()
	if len(w) > maxWords {
		w = w[len(w)-maxWords:]
	}
	return Clean(string(w))
}

// remove takes the child out of the routes. Its end has been reported before:
// who finds no route knows why.
func (b *Broker) remove(c *child) {
	b.mu.Lock()
	c.ended = true
	c.letGo()
	if b.children[c.address] == c {
		delete(b.children, c.address)
	}
	b.mu.Unlock()
	b.forgetFlows(c.address)
}

// bye notes that a child ends on purpose.
func (b *Broker) bye(a Address) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.children[a]; c != nil && !c.clean {
		c.clean = true
		close(c.ends)
	}
}
