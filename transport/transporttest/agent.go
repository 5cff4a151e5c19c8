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
	// Delay is how long bytes take from one end of the pair to the other.
	Delay time.Duration `cbor:"delay,omitempty"`
	// Serve is what the agent serves. If Serve.Connectors is nil, the agent can
	// start agents like itself.
	Serve transport.ServeOptions `cbor:"-"`
	// Dial is the link's own forwarding of connections. It is nil if there is none.
	Dial transport.DialFunc `cbor:"-"`
	// Started is called when the agent starts, with the parent's end of the pair
	// and what the start asks for. It may keep the end to cut it later. It may be nil.
	Started func(end *End, s transport.Start) `cbor:"-"`
	// Child runs in place of the agent, with the child's end of the pair. Its
	// result is the exit status. If it is nil, a real agent runs.
	Child func(rw io.ReadWriteCloser, s transport.Start) int `cbor:"-"`
	// Fail makes the start fail with this error.
	Fail error `cbor:"-"`
	// Hang makes the start last until its context ends.
	Hang bool `cbor:"hang,omitempty"`
	// LastWords is what the child is said to have printed last.
	LastWords string `cbor:"-"`
}

// Kind is "test".
func (Agent) Kind() string { return "test" }

// Type is the connector type with which another context starts agents like a.
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

// process gives an agent the end of a process: an exit status that others wait for.
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

// kill ends the agent as SIGKILL would: for everybody else it is gone at once.
func (p *process) kill(sig os.Signal) error {
	if sig == syscall.SIGKILL {
		p.near.Cut()
		p.end(transport.Exit{Signal: "killed"})
	}
	return nil
}
