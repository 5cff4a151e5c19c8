package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// dial opens a connection from the host, through the server's own forwarding.
func (c *connection) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.client.DialContext(ctx, network, addr)
	if err == nil {
		return carried{conn, c}, nil
	}
	var refused *ssh.OpenChannelError
	switch {
	case errors.As(err, &refused) && refused.Reason == ssh.ConnectionFailed:
		return nil, fmt.Errorf("dial %s from %s: %s", addr, c.s.addr(), refused.Message)
	case errors.As(err, &refused):
		return nil, fmt.Errorf("%w by the server at %s: %s", transport.ErrForwardingRefused, c.s.addr(), refused.Message)
	}
	return nil, c.orLost(ctx, err)
}

// carried is a connection that another one carries. It tells the end of that one from
// its own.
type carried struct {
	net.Conn
	by *connection
}

// Read implements net.Conn.
func (c carried) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		err = c.by.orLost(context.Background(), err)
	}
	return n, err
}

// CloseWrite ends what this side sends.
func (c carried) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return c.Conn.Close()
}

// hopLostError is the error of what a connection carried that has ended.
type hopLostError struct {
	addr  string
	cause error
}

func (e *hopLostError) Error() string { return "the connection to " + e.addr + " was lost" }
func (e *hopLostError) Unwrap() error { return e.cause }

// orLost is err, or that the connection itself has ended, if nobody gave ctx up: all
// that it carries ends then.
func (c *connection) orLost(ctx context.Context, err error) error {
	if ctx.Err() != nil || !c.conn.over.Load() {
		return err
	}
	return &hopLostError{c.s.addr(), err}
}

// problem is that of a login to a host that was carried.
func (e *hopLostError) problem(s *settings) error {
	return attrProblem("host", kind.CodeSSHLost, "Connection lost",
		"The connection to %s, through which %s is reached, ended before %s was logged in. %s is not to blame. Look at the log of the sshd at %s, and at the line to it.",
		e.addr, s.addr(), s.user, s.addr(), e.addr)
}
