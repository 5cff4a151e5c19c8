package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
)

// DialContext opens a connection from the context's machine: through the
// context's link if that can forward one, else through its agent. ctx bounds
// the opening and not the connection.
func (c *Context) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if _, err := c.Ready().Get(ctx); err != nil {
		return nil, err
	}
	if c.child != nil && c.child.link.Dial != nil {
		conn, err := c.child.link.Dial(ctx, network, addr)
		if err == nil || !errors.Is(err, ErrForwardingRefused) {
			return conn, err
		}
	}
	return c.dialAgent(ctx, network, addr)
}

// dialAgent opens a connection through the context's agent.
func (c *Context) dialAgent(ctx context.Context, network, addr string) (net.Conn, error) {
	b := c.broker
	t := b.newTunnel(c.address, addr)
	t.queue = tunnelQueue
	b.mu.Lock()
	ended, reason := c.ended, c.err
	if !ended {
		t.context = c
		c.tunnels[t] = struct{}{}
	}
	b.mu.Unlock()
	if ended {
		t.gone()
		return nil, errors.Join(net.ErrClosed, reason)
	}
	r := callAsync[dialOut](ctx, c, dialName, plainValues, dialIn{Network: network, Addr: addr, Handle: t.handle})
	if err := r.untyped.orCancelled(ctx, dialName); err != nil {
		r.untyped.watch(&lateDial{t, r})
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	out, err := r.Value()
	if err != nil {
		t.gone()
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	t.mu.Lock()
	t.remote = out.Handle
	err = t.err
	t.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return t, nil
}

// lateDial ends a tunnel that nobody waits for any more, when it is known whether it
// has another end.
type lateDial struct {
	t *tunnel
	r *Result[dialOut]
}

// fire is called when the call has its result.
func (l *lateDial) fire() {
	if out, err := l.r.Value(); err == nil {
		_ = l.t.post(out.Handle, flagReset|flagBulk, nil)
	}
	l.t.gone()
}

// resetTunnels ends the tunnels of a context that has ended.
func (c *Context) resetTunnels(err error) {
	c.broker.mu.Lock()
	tunnels := make([]*tunnel, 0, len(c.tunnels))
	for t := range c.tunnels {
		tunnels = append(tunnels, t)
	}
	c.broker.mu.Unlock()
	if err == nil {
		err = net.ErrClosed
	}
	for _, t := range tunnels {
		t.reset(err)
	}
}

// carry copies between a connection and a tunnel until both ways have ended.
func (t *tunnel) carry(conn net.Conn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := io.Copy(conn, onlyReader{t})
		halfClose(conn, err)
	}()
	if _, err := io.Copy(onlyWriter{t}, conn); err != nil {
		t.reset(err)
	}
	_ = t.CloseWrite()
	<-done
	_ = conn.Close()
	_ = t.Close()
}

// halfClose tells the connection that nothing more will be sent. If the tunnel
// broke, it ends both ways.
func halfClose(conn net.Conn, err error) {
	c, ok := conn.(interface{ CloseWrite() error })
	if err != nil || !ok {
		_ = conn.Close()
		return
	}
	_ = c.CloseWrite()
}

// onlyReader and onlyWriter keep io.Copy from taking a shortcut that a tunnel
// does not have.
type onlyReader struct{ io.Reader }

type onlyWriter struct{ io.Writer }
