package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Pipe is one end of a byte stream beside a call, both ways: one end is the caller's
// (see Func.CallPipe), the other the function's (see Node.Pipe). At most 1 MiB is
// under way each way; who writes waits for who reads, and small messages overtake what
// is under way. It ends with the call. Reads and writes may be on two goroutines.
type Pipe struct {
	t      *tunnel      // nil: there is no other end
	failed error        // why, if the call could not be made
	call   *pendingCall // nil at the function's end
	ctx    context.Context
	// waits notes, at the function's end, that the function waits until done is called.
	waits func() (done func())
}

var (
	errNoPipe   = errors.New("the call was made without a pipe")
	errReturned = errors.New("the function has returned")
)

// pipeFor makes the caller's end of the pipe of a call.
func (c *Context) pipeFor(p *pendingCall) *tunnel {
	b := c.broker
	t := b.newTunnel(c.address, "function "+p.name)
	t.credit, t.moved = 0, func(in, taken int) { c.watch.pipes(c, in+taken) }
	t.soon, t.paid = slowest, time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !c.ended {
		t.context = c
		c.tunnels[t] = struct{}{}
	}
	return t
}

// callOver ends the caller's end of a pipe, as its call has ended. All that the
// function wrote is here by now.
func (t *tunnel) callOver(err error) {
	t.mu.Lock()
	t.eof, t.fin = t.eof || err == nil, true
	if err != nil {
		t.closeLocked(err)
	}
	t.changed()
	t.mu.Unlock()
	t.gone()
}

// noPipe is the end of a function that was called without one.
var noPipe = &Pipe{}

// openPipe makes the function's end of the pipe of a call, and lets the caller send.
// close ends it when the function has returned. carried is told what came, and what of
// that which was sent has arrived.
func (b *Broker) openPipe(ctx context.Context, caller Address, handle uint32, name string, carried func(int), waits func() func()) (p *Pipe, closePipe func()) {
	t := b.newTunnel(caller, "caller of "+name)
	t.remote, t.named = handle, t.handle
	t.soon, t.paid = slowest, time.Now()
	t.moved = func(in, taken int) { carried(in + taken) }
	_ = t.post(handle, flagCredit, binary.BigEndian.AppendUint32(nil, uint32(queue.Now().Tunnel)))
	stop := context.AfterFunc(ctx, func() { t.drop(context.Cause(ctx)) })
	return &Pipe{t: t, ctx: ctx, waits: waits}, func() {
		stop()
		_ = t.CloseWrite()
		t.drop(errReturned)
		t.gone()
	}
}

// none reports that there is no other end, and that there was to be none.
func (p *Pipe) none() bool { return p == nil || p.t == nil && p.failed == nil }

// Read reads what the other end wrote. It gives io.EOF at its end, and at once where
// there is no other end.
func (p *Pipe) Read(b []byte) (int, error) {
	switch {
	case p.none():
		return 0, io.EOF
	case p.failed != nil:
		return 0, p.failed
	}
	defer p.wait()()
	return p.t.Read(b)
}

// Write sends to the other end. Pipes that share a line take turns on it, because none
// of them queues more for it while much waits there.
func (p *Pipe) Write(b []byte) (sent int, err error) {
	switch {
	case p.none():
		return 0, errNoPipe
	case p.failed != nil:
		return 0, p.failed
	}
	defer p.wait()()
	for sent < len(b) && err == nil {
		if err = p.t.broker.awaitRoom(p.ctx, p.t.peer, pullQueue); err != nil {
			break
		}
		var n int
		n, err = p.t.Write(b[sent:min(len(b), sent+chunk)])
		sent += n
	}
	return sent, err
}

// wait notes that the end waits until done is called.
func (p *Pipe) wait() (done func()) {
	if p.waits == nil {
		return func() {}
	}
	return p.waits()
}

// CloseWrite tells the other end that nothing more will be written.
func (p *Pipe) CloseWrite() error {
	if p.none() || p.failed != nil {
		return nil
	}
	return p.t.CloseWrite()
}

// Close is for a caller that does not want the rest: it cancels the call, unless that
// has ended. The function's end is closed when the function returns.
func (p *Pipe) Close() error {
	if p == nil || p.call == nil || p.call.finished() {
		return nil
	}
	p.t.drop(errClosed)
	p.call.cancelFor("its caller closed the pipe")
	return nil
}
