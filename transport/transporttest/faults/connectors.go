package faults

import (
	"context"
	"errors"
	"net"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Piped starts an agent of one of these kinds, whose frames go over the line of that name
// in the process that starts it. Any context can start it.
type Piped struct {
	Line  string         `cbor:"line"`
	Local *connect.Local `cbor:"local,omitempty"`
	Sudo  *connect.Sudo  `cbor:"sudo,omitempty"`
	// Hangs is a start of which no agent comes: its program reads, and says nothing.
	Hangs *connect.Common `cbor:"hangs,omitempty"`
}

// Kind is "piped".
func (Piped) Kind() string { return "piped" }

// Start starts the agent and puts the line before it.
func (k Piped) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	var inner transport.Connector
	switch {
	case k.Local != nil:
		inner = k.Local
	case k.Sudo != nil:
		inner = k.Sudo
	case k.Hangs != nil:
		return connect.Prefix{Common: *k.Hangs, Argv: []string{"sh", "-c", "cat >/dev/null; :"}}.Start(ctx, s)
	default:
		return nil, errors.New("a piped context is of no kind")
	}
	link, err := inner.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return LineOf(k.Line).over(link), nil
}

// Through is a connector that runs in the controller, whose connection goes over Line, and
// the frames in that over Frames.
type Through struct {
	transport.Connector
	Line, Frames *Line
}

// Through is true.
func (Through) Through() bool { return true }

// Start starts the agent over connections through the line.
func (k Through) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	s.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &lineConn{c, k.Line.open(c, c, c.Close)}, nil
	}
	link, err := k.Connector.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return k.Frames.over(link), nil
}

// over puts the line before a link.
func (l *Line) over(link *transport.Link) *transport.Link {
	e := l.open(link.R, link.W, link.Close)
	link.R, link.W, link.Close = e, e, e.Close
	return link
}

// lineConn is a connection through a line.
type lineConn struct {
	net.Conn // for its addresses
	end      *end
}

func (c *lineConn) Read(b []byte) (int, error)  { return c.end.Read(b) }
func (c *lineConn) Write(b []byte) (int, error) { return c.end.Write(b) }
func (c *lineConn) Close() error                { return c.end.Close() }
