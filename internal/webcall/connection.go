package webcall

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// connections are those that a host opens, one after the other: see function.FrameDial.
type connections struct {
	timeout time.Duration
	// turn holds a token while there is no connection. One that is closed gives it back.
	turn chan struct{}
	r    *bufio.Reader
	pipe io.Writer
}

func newConnections(pipe io.ReadWriter, timeout time.Duration) *connections {
	c := &connections{timeout: timeout, turn: make(chan struct{}, 1), r: bufio.NewReaderSize(pipe, function.FrameBytes), pipe: pipe}
	c.turn <- struct{}{}
	return c
}

// pipeError is that the pipe of the call ended: the reason is that of the call.
type pipeError struct{ err error }

func (e *pipeError) Error() string { return e.err.Error() }

// dial has the host open a connection.
func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	conn, err := c.open(network, address)
	if err != nil {
		c.turn <- struct{}{}
		return nil, err
	}
	return conn, nil
}

// wait returns when the last connection is closed.
func (c *connections) wait(ctx context.Context) {
	select {
	case <-c.turn:
	case <-ctx.Done():
	}
}

func (c *connections) open(network, address string) (net.Conn, error) {
	if err := function.WriteFrame(c.pipe, function.FrameDial, []byte(network+"\x00"+address)); err != nil {
		return nil, &pipeError{err}
	}
	letter, text, err := function.ReadFrame(c.r)
	switch {
	case err != nil:
		return nil, &pipeError{err}
	case letter == function.FrameConnected:
		h := &hostConn{of: c, network: network, address: address, come: make(chan struct{}), done: make(chan struct{})}
		go h.receive()
		return h, nil
	case letter != function.FrameFailed:
		return nil, &pipeError{fmt.Errorf("the agent answered %q where a connection was asked for", letter)}
	}
	why, said, _ := bytes.Cut(text, []byte{0})
	return nil, unreachable(network, string(why), string(said), c.timeout)
}

// unreachable is why a host opens no connection.
func unreachable(network, why, said string, timeout time.Duration) error {
	attr, what := "url", "the server"
	if network == "unix" {
		attr, what = "unix_socket", "the socket"
	}
	advice, known := map[string]string{
		"refused":      "Nothing listens there.",
		"timeout":      "It did not answer within " + timeout.String() + ". Look whether it runs and whether a firewall is between, or raise connect_timeout.",
		"unreachable":  "There is no way to it.",
		"unknown_host": "Its name has no address, as the host sees it.",
		"missing":      "There is nothing at that path.",
		"permission":   "The user of the context may not.",
	}[why]
	if known {
		return kind.NewProblem(attr, kind.CodeHTTP, "No connection", "The host cannot connect to %s. %s", kind.Rule(what), kind.Rule(advice))
	}
	return kind.NewProblem(attr, kind.CodeHTTP, "No connection", "The host cannot connect to %s: %s.", kind.Rule(what), said)
}

// hostConn is one connection of a host. A goroutine takes what comes until the other end says
// that nothing more does.
type hostConn struct {
	of               *connections
	network, address string

	mu       sync.Mutex // guards what follows, but for what is said
	got      []byte     // what has come and was not read
	ended    error      // why nothing more comes; nil as long as something may
	closed   bool
	deadline time.Time
	come     chan struct{} // closed, and made anew, when something has changed
	timer    *time.Timer

	done    chan struct{} // closed when receive has returned
	writing sync.Mutex    // held while a message is written
}

// room is how much is kept that was not read. The pipe holds up what sends more.
const room = 256 << 10

func (h *hostConn) receive() {
	defer close(h.done)
	for {
		letter, text, err := function.ReadFrame(h.of.r)
		h.mu.Lock()
		switch {
		case err != nil:
			h.ended = &pipeError{err}
		case letter == function.FrameData && h.ended == nil:
			h.got = append(h.got, text...)
		case letter == function.FrameEnd && h.ended == nil:
			h.ended = io.EOF
		}
		h.changed()
		for len(h.got) > room && !h.closed && err == nil {
			again := h.come
			h.mu.Unlock()
			<-again
			h.mu.Lock()
		}
		h.mu.Unlock()
		if err != nil || letter == function.FrameClose {
			return
		}
	}
}

// changed wakes those that wait. It is called with the lock.
func (h *hostConn) changed() {
	close(h.come)
	h.come = make(chan struct{})
}

func (h *hostConn) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.closed:
			return 0, net.ErrClosed
		case len(h.got) > 0:
			n := copy(p, h.got)
			if h.got = h.got[n:]; len(h.got) == 0 {
				h.got = nil
			}
			h.changed()
			return n, nil
		case h.ended != nil:
			return 0, h.ended
		case !h.deadline.IsZero() && !time.Now().Before(h.deadline):
			return 0, os.ErrDeadlineExceeded
		}
		again := h.come
		h.mu.Unlock()
		<-again
		h.mu.Lock()
	}
}

func (h *hostConn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		h.mu.Lock()
		closed, ended := h.closed, h.ended
		h.mu.Unlock()
		switch {
		case closed:
			return n, net.ErrClosed
		case ended != nil && ended != io.EOF:
			return n, ended
		}
		some := p[n:min(len(p), n+function.FrameBytes)]
		h.writing.Lock()
		err = function.WriteFrame(h.of.pipe, function.FrameData, some)
		h.writing.Unlock()
		if err != nil {
			return n, &pipeError{err}
		}
		n += len(some)
	}
	return n, nil
}

// Close ends the connection, and waits until the host has ended it, so that the next one can be
// opened.
func (h *hostConn) Close() error {
	h.mu.Lock()
	was := h.closed
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
	h.changed()
	h.mu.Unlock()
	if was {
		return nil
	}
	h.writing.Lock()
	err := function.WriteFrame(h.of.pipe, function.FrameClose, nil)
	h.writing.Unlock()
	if err == nil {
		<-h.done
	}
	h.of.turn <- struct{}{}
	return err
}

// SetDeadline bounds reads. What is written waits for the host only.
func (h *hostConn) SetDeadline(t time.Time) error { return h.SetReadDeadline(t) }

func (h *hostConn) SetReadDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deadline = t
	if h.timer != nil {
		h.timer.Stop()
	}
	if !t.IsZero() {
		h.timer = time.AfterFunc(time.Until(t), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.changed()
		})
	}
	h.changed()
	return nil
}

func (h *hostConn) SetWriteDeadline(time.Time) error { return nil }

func (h *hostConn) LocalAddr() net.Addr  { return place{h.network, "a host"} }
func (h *hostConn) RemoteAddr() net.Addr { return place{h.network, h.address} }

// place is an address as a host sees it.
type place struct{ network, address string }

func (p place) Network() string { return p.network }
func (p place) String() string  { return p.address }
