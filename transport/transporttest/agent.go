package transporttest

import (
	"context"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Agent is a Connector that runs an agent in this process, at the other end of
// a Pair. The zero value serves nothing.
type Agent struct {
	// Delay is that of the pair, each way.
	Delay time.Duration `cbor:"delay,omitempty"`
	// Serve is what the agent serves. Where Serve.Connectors is nil, the agent
	// starts agents like itself.
	Serve transport.ServeOptions `cbor:"-"`
	// Dial is the link's own forwarding, nil for none.
	Dial transport.DialFunc `cbor:"-"`
	// Started is told the parent's end of the pair and what the agent is asked
	// for; it may keep the end to cut it. May be nil.
	Started func(end *End, s transport.Start) `cbor:"-"`
	// Child replaces the agent by whatever reads and writes its end; the agent
	// then has no other behaviour. Its result is the exit status.
	Child func(rw io.ReadWriteCloser, s transport.Start) int `cbor:"-"`
	// Fail makes the start fail with this error.
	Fail error `cbor:"-"`
	// Hang makes the start last until its context ends.
	Hang bool `cbor:"hang,omitempty"`
	// LastWords are what the child printed last.
	LastWords string `cbor:"-"`
}

// Kind is "test".
func (Agent) Kind() string { return "test" }

// Type makes agents like a when asked from above.
func (a Agent) Type() transport.ConnectorType {
	return transport.ConnectorType{Kind: "test", New: func() transport.Connector { c := a; return &c }}
}

// Start starts the agent.
func (a Agent) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	s.Phase("test")
	if a.Hang {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if a.Fail != nil {
		return nil, a.Fail
	}
	near, far := Pair(a.Delay)
	if a.Started != nil {
		a.Started(near, s)
	}
	p := &process{near: near, ended: make(chan struct{})}
	go p.run(a, far, s)
	return &transport.Link{
		R: near, W: near, Close: near.Close, Wait: p.wait, Kill: p.kill, Dial: a.Dial,
		LastWords: func() []byte { return []byte(a.LastWords) },
	}, nil
}

// process is an agent that ends like a process does.
type process struct {
	near  *End
	once  sync.Once
	ended chan struct{}
	exit  transport.Exit
}

func (p *process) run(a Agent, far *End, s transport.Start) {
	if a.Child != nil {
		status := a.Child(far, s)
		_ = far.Close()
		p.end(transport.Exit{Status: status})
		return
	}
	o := a.Serve
	if o.Connectors == nil {
		o.Connectors = []transport.ConnectorType{a.Type()}
	}
	status := 0
	if err := transport.ServeOn(context.Background(), o, far, far); err != nil {
		status = 1
	}
	p.end(transport.Exit{Status: status})
}

func (p *process) end(e transport.Exit) {
	p.once.Do(func() { p.exit = e; close(p.ended) })
}

func (p *process) wait() transport.Exit {
	<-p.ended
	return p.exit
}

// kill ends the agent as a signal would: at once, as far as anybody outside
// can tell.
func (p *process) kill(sig os.Signal) error {
	if sig == syscall.SIGKILL {
		p.near.Cut()
		p.end(transport.Exit{Signal: "killed"})
	}
	return nil
}
