package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// Bounds of an agent's beginning and end.
const (
	setupTimeout = time.Minute
	// wakeTime is after which time an agent that was stopped goes on, before its parent has
	// said when it takes it for lost.
	wakeTime = 20 * time.Second
	// lossTime is how long an agent takes to end when its parent is lost.
	lossTime = 4 * time.Second
)

// ServeOptions are what an agent serves: the functions that can be called in
// it, the kinds of contexts that it can start, and where it gets the images of
// their agents. Version is told in the greeting.
type ServeOptions struct {
	Functions  []Function
	Connectors []ConnectorType
	Agents     AgentSource
	Version    string
}

// ErrParentLost is the cause with which functions are cancelled if their
// context ends because its parent is lost, ErrContextEnds if the context was
// told to end.
var (
	ErrParentLost  = errors.New("the parent is gone")
	ErrContextEnds = errors.New("the context is shut down")
)

// ServeOn runs an agent within this process, on a byte stream, until the parent
// or ctx ends it; then it ends everything below. It is Serve without the
// process, for tests and for programs that embed an agent. If r is an
// io.Closer, Close must unblock reads.
func ServeOn(ctx context.Context, o ServeOptions, r io.Reader, w io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	if isNil(r) || isNil(w) {
		return errors.New("serve: there is no stream: the reader or the writer is nil")
	}
	a := &agent{opt: o, sink: newSink(), flush: func() {}, watchdog: func(time.Duration) {}, wake: func(time.Duration) {}, continueAbove: func() {}}
	return a.serve(ctx, r, w)
}

// parentPatience is how many times as long an agent waits for a word of its parent as that for
// one of the agent. If others are reached through the machine of the agent, what its parent says
// stands behind what is under way to those, in the same connection. The parent can ask others
// whether that is so (see childbehind.go), but an agent that hears nothing cannot.
const parentPatience = 2

// agent is one agent, from its greeting to its end.
type agent struct {
	opt  ServeOptions
	sink *sink
	// flush makes entries of what was printed.
	flush func()
	// watchdog ends the process after a time, whatever hangs.
	watchdog func(time.Duration)
	// wake has the process continued after a time if it is stopped; see newWaker.
	wake func(time.Duration)
	// continueAbove continues what is above the process and has stopped; see endLost.
	continueAbove func()
	// first is what is sent right before the greeting, in the same write: each one costs
	// every process on the way to the parent a wake-up.
	first string
	// ownProcess is true if the process is the agent's alone.
	ownProcess bool
	// oneProcessor is true if the process began with one processor because it is an agent.
	oneProcessor bool
}

// serve greets, waits for the setup, serves until the end and ends everything
// below.
func (a *agent) serve(ctx context.Context, r io.Reader, w io.Writer) error {
	closer := func() error { return errors.Join(closeAny(r), closeAny(w)) }
	defer func() { _ = closer() }()
	a.wake(wakeTime)
	if err := a.greet(w); err != nil {
		return err
	}
	frames := newFrameReader(r, aheadOfParent)
	p, err := readSetup(ctx, frames, closer)
	if err != nil {
		return err
	}
	b, e := a.build(p)
	up := b.newStream(frames, w, closer)
	up.peer, up.up, up.most = b.self.Parent(), true, maxAssemblingParent
	b.up = up
	wake := up.interval + up.timeout // the parent counts it as lost before that
	up.alive = func() { a.wake(wake) }
	up.alive()
	up.timeout *= parentPatience
	a.sink.attach(b, hclog.Level(p.Level))
	up.start(func(m *Message) { b.receive(up, m) })
	if a.ownProcess {
		defer a.dumpOnSignal(b, e)()
	}
	return a.wait(ctx, b, e)
}

// greet sends the greeting, and what comes before it.
func (a *agent) greet(w io.Writer) error {
	data, err := Marshal(greetingPayload{Protocol: Protocol, Facts: facts(a.opt.Version)})
	if err != nil {
		return err
	}
	_, err = w.Write((&Message{Handle: handleGreeting, Data: data}).appendTo([]byte(a.first)))
	return err
}

// readSetup waits for the parent's answer to the greeting.
func readSetup(ctx context.Context, frames *frameReader, closer func() error) (*setupPayload, error) {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = closer() })()
	m, err := frames.read()
	if err != nil {
		return nil, fmt.Errorf("no setup came: %w", err)
	}
	var p setupPayload
	switch err := Unmarshal(m.Data, &p); {
	case m.Handle != handleSetup:
		return nil, fmt.Errorf("%w: the parent's first frame is no setup", errFrame)
	case err != nil:
		return nil, fmt.Errorf("the setup cannot be read: %w", err)
	case p.Protocol != Protocol:
		return nil, fmt.Errorf("the parent speaks protocol %d, this agent %d", p.Protocol, Protocol)
	}
	return &p, nil
}

// build makes the broker and the engine that the setup asks for.
func (a *agent) build(p *setupPayload) (*Broker, *engine) {
	b := newBroker(Options{
		Log: a.sink.logger("agent"), Agents: a.opt.Agents, Connectors: a.opt.Connectors, Name: p.Name,
		HeartbeatInterval: time.Duration(p.Interval), HeartbeatTimeout: time.Duration(p.Timeout),
		KillDelay: time.Duration(p.KillDelay), ShutdownTimeout: time.Duration(p.Shutdown), MaxMessage: p.MaxMessage,
	}, p.Address)
	e := newEngine(b, a.opt.Functions, a.sink, p.Parallelism)
	e.shared = p.Shared
	e.flush = a.flush
	e.cpus.few = a.oneProcessor
	return b, e
}

// wait serves until the end of the agent, and ends it.
func (a *agent) wait(ctx context.Context, b *Broker, e *engine) error {
	hungUp, stop := a.hangups()
	defer stop()
	select {
	case within := <-e.asked:
		a.end(b, e, ErrContextEnds, within)
		return nil
	case <-hungUp:
		return a.endLost(b, e, errHungUp)
	case <-b.up.over:
		return a.endLost(b, e, b.up.cause())
	case <-ctx.Done():
		a.end(b, e, context.Cause(ctx), lossTime)
		return context.Cause(ctx)
	}
}

// endLost ends the agent because its parent is lost. What has stopped above it is continued, at
// its beginning and at its end: on a busy machine sudo stops itself late, when the agent that
// was stopped for a while has begun to end.
func (a *agent) endLost(b *Broker, e *engine, cause error) error {
	if a.ownProcess && !errors.Is(cause, errSilent) { // not a parent that is silent because a person has stopped it
		a.continueAbove = kin.ContinueAbove
	}
	a.continueAbove()
	a.end(b, e, ErrParentLost, lossTime)
	a.continueAbove()
	return fmt.Errorf("%w: %w", ErrParentLost, cause)
}

// end cancels every call, ends every child, and sends the last entries, within
// the time.
func (a *agent) end(b *Broker, e *engine, why error, within time.Duration) {
	a.watchdog(within)
	if errors.Is(why, ErrParentLost) {
		a.sink.release()
	}
	done := make(chan struct{})
	go func() { defer close(done); b.end(childrensShare(within)) }()
	e.stop(why, within*3/4)
	<-done
	if a.ownProcess {
		kin.Own.Close(within / 16)
	}
	b.keeper.close()
	a.flush()
	a.sink.release()
	if !errors.Is(why, ErrContextEnds) { // or the parent asked for it, and has the answer
		_ = b.forward(&Message{Dst: b.up.peer, Src: b.self, Handle: handleBye})
	}
	b.up.finish()
	last := time.NewTimer(within / 8)
	defer last.Stop()
	select {
	case <-b.up.over:
	case <-last.C:
		b.up.fail(errClosed)
	}
	if !a.ownProcess {
		waitFor(&b.up.wg, within/8)
	}
	// In a process of its own, everything has been written by now. The reader
	// may be in a read that nothing but the exit ends: sshd gives one socket
	// for both directions, and closing one end of it does not say anything to
	// the other.
}

func closeAny(v any) error {
	if c, ok := v.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Serve is the main loop of an agent process. It takes over the standard
// descriptors, greets, and serves until the parent ends it or is lost. Then it
// ends everything below, within bounds. The result is the exit status.
func Serve(o ServeOptions) (exit int) { return serve(o, nil) }

// serve is Serve with where package log writes; nil is os.Stderr.
func serve(o ServeOptions, logs logWriter) (exit int) {
	if len(os.Args) < 4 || os.Args[1] != ChildArg {
		_, _ = os.Stderr.WriteString("this program is started by mitoplan: " + ChildArg + " TOKEN NAME\n")
		return 2
	}
	serves.Store(true)
	oneProcessor := takeOneProcessor()
	// setProcessName overwrites the memory that the arguments are in.
	token, name := strings.Clone(os.Args[2]), strings.Clone(os.Args[3])
	if Watches() {
		setProcessName(name)
		kin.Watch(os.Stdin)
		return 0
	}
	a := &agent{opt: o, sink: newSink(), first: "\n" + token + "\n", ownProcess: true, oneProcessor: oneProcessor, wake: newWaker(), continueAbove: func() {}}
	io, err := takeStdio(a.sink, logs)
	if err != nil {
		_, _ = os.Stderr.WriteString("mitoplan-agent: " + err.Error() + "\n")
		return 1
	}
	setProcessName(name)
	leaveDirectory()
	// If the system has no reapers, orphans of a cancelled program become children of
	// another process. They are then found only by the variable that marks them.
	_ = kin.BecomeReaper()
	watcher := "watcher of " + name
	kin.Own.Enable([]string{watcher, ChildArg, watchWord, watcher})
	a.flush = io.flush
	a.watchdog = func(d time.Duration) { time.AfterFunc(d, func() { a.continueAbove(); os.Exit(1) }) }
	switch err := a.serve(context.Background(), io.in, io.out); {
	case err == nil:
		return 0
	case !errors.Is(err, ErrParentLost), peersFault(err): // the parent does not know
		_, _ = io.err.WriteString("mitoplan-agent: " + err.Error() + "\n")
	}
	return 1
}

// leaveDirectory goes to the root directory. The one that the process was
// started in is the controller's, or the one that the agent is kept in, and
// nobody could unmount it.
func leaveDirectory() {
	if os.Chdir("/") == nil {
		_ = os.Setenv("PWD", "/")
		_ = os.Unsetenv("OLDPWD")
	}
}

// Main makes a program able to call its own functions in contexts. In a child
// it serves them and never returns; in the parent it returns at once. It is the
// first line of main. If two functions have one name, or one cannot be served because
// of its types, it says so in one sentence and ends the program with the status 2.
//
// Programs whose contexts are started by package connect call connect.Main instead.
func Main(functions ...Function) { MainWith(ServeOptions{Functions: functions}) }

// MainWith is Main for a program whose contexts start contexts of their own.
func MainWith(o ServeOptions) {
	if err := o.check(); err != nil {
		_, _ = os.Stderr.WriteString("transport.Main: " + err.Error() + ".\n")
		os.Exit(2)
	}
	mains.mu.Lock()
	mains.of = o
	mains.mu.Unlock()
	if len(os.Args) > 1 && os.Args[1] == ChildArg {
		os.Exit(serve(o, newFatalLog))
	}
}
