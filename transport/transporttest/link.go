package transporttest

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// link says what the frames of a context go over.
type link struct {
	name string
	// tight makes all queues hold nothing.
	tight bool
	over  func(transport.Connector) transport.Connector
}

// links are what Contract runs each connector over.
var links = []link{
	{"its own link", false, func(k transport.Connector) transport.Connector { return k }},
	{"a slow link", false, func(k transport.Connector) transport.Connector {
		return Slow(k, 10*time.Millisecond)
	}},
	{"no queues", true, func(k transport.Connector) transport.Connector { return relayed{wrapped{k}, rendezvous} }},
}

// Slow is the connector k with a delay in its line, each way: to try a design at a latency
// that the machine of the test does not have. Only the process itself can start it, with
// Router.Connect.
func Slow(k transport.Connector, delay time.Duration) transport.Connector {
	if k == nil {
		return nil
	}
	return relayed{wrapped{k}, func() (a, b io.ReadWriteCloser) { x, y := Pair(delay); return x, y }}
}

// relayed is a connector whose frames go over one more pair of ends. What the program
// prints before the greeting does not.
type relayed struct {
	wrapped
	pair func() (near, far io.ReadWriteCloser)
}

// Start starts the connector and copies between its link and the pair.
func (k relayed) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Connector.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	near, far := k.pair()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(far, l.R); _ = far.Close() })
	both.Go(func() { _, _ = io.Copy(l.W, far) })
	relayed := *l
	relayed.R, relayed.W = near, near
	relayed.Close = func() error { _ = near.Close(); return l.Close() }
	relayed.Wait = func() transport.Exit { e := l.Wait(); both.Wait(); return e }
	return &relayed, nil
}

// ends is one end of a connection that consists of two pipes.
type ends struct {
	*io.PipeReader
	*io.PipeWriter
}

// Close closes both.
func (e ends) Close() error { _ = e.PipeReader.Close(); return e.PipeWriter.Close() }

// rendezvous makes a pair without a buffer: a write returns when all of it was read.
func rendezvous() (near, far io.ReadWriteCloser) {
	r1, w1 := io.Pipe()
	r2, w2 := io.Pipe()
	return ends{r1, w2}, ends{r2, w1}
}
