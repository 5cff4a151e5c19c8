package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// tunnelWindow is how many bytes may be under way in one tunnel, each way.
const tunnelWindow = queue.Tunnel

// tunnelQueue is how many bytes may wait for the writer of a stream until a connection that
// was dialled over it has to wait. What is written to such a connection may be frames of many
// contexts, and all of them are one stream of bytes here, in which nothing overtakes. So they
// wait before it, where they can. tunnelPiece is how much of it is sent at once: one is being
// written and one waits when the line becomes slow.
const (
	tunnelQueue = leastPiece
	tunnelPiece = chunk / 2
)

// tunnel is one end of a byte stream between two contexts. It is a net.Conn.
type tunnel struct {
	broker  *Broker
	peer    Address
	context *Context // of the peer; nil if it was not started from here
	handle  uint32
	named   uint32 // the handle that our frames name as ours; 0 where the peer knows it
	name    string
	since   time.Time
	window  int  // bytes that may be under way to here
	step    int  // bytes that credit is given back for at once
	soon    int  // those that it is given back for if it was not for a second; 0: it waits for step
	last    bool // credit is given back for the last bytes, too
	most    int  // the most that credit can be
	queue   int  // tunnelQueue; 0 where whoever writes waits for the stream himself
	// moved is called when a frame has come, with the bytes in it, and those for which
	// it gives credit back. It may be nil.
	moved func(in, taken int)

	mu     sync.Mutex // guards what follows; never held across a send
	remote uint32     // the peer's handle
	in     []tunnelFrame
	size   int       // bytes in in
	owed   int       // bytes that were taken out of in, and not given credit for yet
	paid   time.Time // when credit was given back last
	credit int
	eof    bool  // the peer sends no more
	fin    bool  // we send no more
	closed bool  // Close was called, which ends a write that waits
	err    error // why the tunnel has ended; nil while it has not
	wake   chan struct{}
	limits [2]deadline // read, write
	sendMu sync.Mutex  // keeps writes in order
}

// tunnelFrame is what has come in one frame and was not read yet, and the buffer that it
// is in; nil for none.
type tunnelFrame struct {
	data []byte
	in   *frameBuffer
}

// deadline is until when reads or writes may wait.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// newTunnel makes this end of a tunnel to peer, for a connection to name.
func (b *Broker) newTunnel(peer Address, name string) *tunnel {
	t := &tunnel{broker: b, peer: peer, name: name, since: time.Now(), window: tunnelWindow, wake: make(chan struct{})}
	t.most = queue.Now().Tunnel
	t.step, t.credit = t.most/4, t.most
	t.handle = b.register(t)
	return t
}

// changed wakes everybody who waits. The caller holds mu.
func (t *tunnel) changed() {
	close(t.wake)
	t.wake = make(chan struct{})
}

// receive takes a frame of the tunnel off a stream. It never blocks.
func (t *tunnel) receive(m *Message) {
	if m.Src != t.peer {
		t.broker.dropped(m, "a tunnel listens to its other end only")
		return
	}
	t.mu.Lock()
	flooded, in, taken := false, 0, 0
	late := t.remote == 0 && t.fin && t.err == nil // the end could not be told yet
	if t.remote == 0 {
		t.remote = m.ReplyTo
	}
	remote := t.remote
	switch {
	case m.flags&flagDead != 0:
		t.closeLocked(deadError(m.Data))
	case m.flags&flagReset != 0:
		t.closeLocked(errors.New("connection reset by the other end"))
	case m.flags&flagCredit != 0:
		if len(m.Data) == 4 {
			taken = min(t.most-t.credit, int(min(binary.BigEndian.Uint32(m.Data), 1<<30)))
		}
	default:
		in = len(m.Data)
		flooded = t.size+t.owed+len(m.Data) > t.window
		if len(m.Data) > 0 && t.err == nil {
			t.in = append(t.in, tunnelFrame{m.Data, m.in})
			t.size += len(m.Data)
		}
		t.eof = t.eof || m.flags&flagFin != 0
	}
	t.changed()
	t.mu.Unlock()
	if t.moved != nil {
		t.moved(in, taken)
	}
	if taken > 0 {
		t.takeCredit(taken)
	}
	if late && remote != 0 {
		_ = t.post(remote, flagFin|flagBulk, nil)
	}
	if flooded {
		t.reset(errors.New("the other end sent more than it may"))
	}
}

// takeCredit lets n bytes more go out. Whoever is told of what moves has been told by then:
// drain ends with the last credit, and nobody is told of anything after that.
func (t *tunnel) takeCredit(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credit += n
	t.changed()
}

// closeLocked ends the tunnel. The first cause stays. The caller holds mu.
func (t *tunnel) closeLocked(err error) {
	if t.err == nil {
		t.err = err
	}
	for i := range t.limits {
		if t.limits[i].timer != nil {
			t.limits[i].timer.Stop()
		}
	}
}

// Read reads what has arrived, to its end even if the tunnel has ended.
func (t *tunnel) Read(p []byte) (int, error) {
	for {
		t.mu.Lock()
		n, err := t.readLocked(p)
		wake := t.wake
		giveBack := t.dueLocked()
		remote := t.remote
		t.mu.Unlock()
		if giveBack > 0 {
			t.post(remote, flagCredit, binary.BigEndian.AppendUint32(nil, uint32(giveBack)))
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		<-wake
	}
}

// dueLocked takes the credit that is to be given back now. Each frame with credit costs
// both ends, and sshd between them, as much as a long one. The caller holds mu.
func (t *tunnel) dueLocked() (credit int) {
	if t.eof && (!t.last || t.size > 0) || t.err != nil {
		return 0
	}
	if !t.eof && t.owed < t.step && (t.soon == 0 || t.owed < t.soon || time.Since(t.paid) < time.Second) {
		return 0
	}
	credit, t.owed = t.owed, 0
	if t.soon > 0 {
		t.paid = time.Now()
	}
	return credit
}

func (t *tunnel) readLocked(p []byte) (n int, err error) {
	if t.expired(0) {
		return 0, os.ErrDeadlineExceeded
	}
	for n < len(p) && len(t.in) > 0 {
		f := &t.in[0]
		k := copy(p[n:], f.data)
		n += k
		if f.data = f.data[k:]; len(f.data) > 0 {
			continue
		}
		if f.in != nil {
			frameBuffers.Put(f.in)
		}
		*f = tunnelFrame{}
		t.in = t.in[1:]
	}
	t.size -= n
	t.owed += n
	switch {
	case n > 0:
		return n, nil
	case t.eof:
		return 0, io.EOF
	}
	return 0, t.err
}

// Write sends as much as the other end gives credit for.
func (t *tunnel) Write(p []byte) (int, error) {
	t.sendMu.Lock()
	defer t.sendMu.Unlock()
	sent := 0
	for sent < len(p) {
		if err := t.awaitLine(); err != nil {
			return sent, err
		}
		n, remote, wake, err := t.claim(len(p) - sent)
		if err != nil {
			return sent, err
		}
		if n == 0 {
			<-wake
			continue
		}
		if err := t.post(remote, flagBulk, p[sent:sent+n]); err != nil {
			t.reset(err)
			return sent, err
		}
		sent += n
	}
	return sent, nil
}

// awaitLine waits until the stream that leads to the other end takes more soon.
func (t *tunnel) awaitLine() error {
	s := t.broker.streamTo(t.peer)
	if s == nil || t.queue == 0 {
		return nil
	}
	err := s.awaitRoomOr(t.writable, t.queue)
	if errors.Is(err, errClosed) {
		return nil // post says what has become of it
	}
	return err
}

// writable is why nothing more can be written, nil if it can; changed is closed when that
// may be something else.
func (t *tunnel) writable() (changed <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.writableLocked()
}

// writableLocked is writable. The caller holds mu.
func (t *tunnel) writableLocked() (changed <-chan struct{}, err error) {
	switch {
	case t.err != nil:
		return nil, t.err
	case t.fin || t.closed:
		return nil, net.ErrClosed
	case t.expired(1):
		return nil, os.ErrDeadlineExceeded
	}
	return t.wake, nil
}

// claim takes credit for at most n bytes. If there is none, got is 0, and wake
// is closed when something changes.
func (t *tunnel) claim(n int) (got int, remote uint32, wake chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.writableLocked(); err != nil {
		return 0, 0, nil, err
	}
	n = min(n, t.credit, chunk)
	if t.queue > 0 {
		n = min(n, tunnelPiece)
	}
	t.credit -= n
	return n, t.remote, t.wake, nil
}

// drain waits until the other end has given all credit back, and so has taken all that
// was sent. It gives up when the tunnel has ended, or if no credit comes for pullPatience.
func (t *tunnel) drain() {
	for last := -1; ; {
		t.mu.Lock()
		credit, wake := t.credit, t.wake
		over := credit == t.most || t.err != nil || credit == last && t.expired(1)
		t.mu.Unlock()
		if over {
			return
		}
		if credit > last {
			last = credit
			t.extend(1, pullPatience)
		}
		<-wake
	}
}

// untaken reports whether something has come that was not taken, or not given credit for.
func (t *tunnel) untaken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size > 0 || t.owed > 0
}

// post sends one frame to the other end. The data is not kept.
func (t *tunnel) post(remote uint32, flags uint8, data []byte) error {
	return t.broker.forward(&Message{Dst: t.peer, Src: t.broker.self, Handle: remote, ReplyTo: t.named, Data: data, flags: flags})
}

// CloseWrite tells the other end that nothing more will be sent.
func (t *tunnel) CloseWrite() error {
	t.sendMu.Lock()
	defer t.sendMu.Unlock()
	t.mu.Lock()
	done := t.fin || t.err != nil
	t.fin = true
	remote := t.remote
	t.mu.Unlock()
	if done || remote == 0 {
		return nil // receive tells the other end as soon as that is known
	}
	return t.post(remote, flagFin|flagBulk, nil)
}

// Close ends the tunnel, and a write that waits. What was written still arrives.
func (t *tunnel) Close() error {
	t.mu.Lock()
	t.closed = true
	t.changed()
	t.mu.Unlock()
	_ = t.CloseWrite()
	t.mu.Lock()
	over, eof, remote := t.err != nil, t.eof, t.remote
	t.closeLocked(net.ErrClosed)
	t.changed()
	t.mu.Unlock()
	if !over && !eof {
		_ = t.post(remote, flagReset|flagBulk, nil)
	}
	t.gone()
	return nil
}

// reset ends the tunnel both ways, at once.
func (t *tunnel) reset(err error) {
	t.mu.Lock()
	over, remote := t.err != nil, t.remote
	t.closeLocked(err)
	t.changed()
	t.mu.Unlock()
	if !over && remote != 0 {
		_ = t.post(remote, flagReset, nil)
	}
	t.gone()
}

// drop ends this end of the tunnel and tells the other one nothing. It reports
// whether that may still send.
func (t *tunnel) drop(err error) (open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	open = t.err == nil && !t.eof
	t.closeLocked(err)
	t.changed()
	return open
}

// shutdown ends the tunnel: the broker has been shut down.
func (t *tunnel) shutdown() { t.reset(errShutdown) }

// gone takes a tunnel that has ended off everything that knows it.
func (t *tunnel) gone() {
	t.broker.unregister(t.handle)
	if c := t.context; c != nil {
		t.broker.mu.Lock()
		delete(c.tunnels, t)
		t.broker.mu.Unlock()
	}
}

type tunnelAddr string

func (a tunnelAddr) Network() string { return "mitoplan" }
func (a tunnelAddr) String() string  { return string(a) }

// LocalAddr is the place of this process in the tree.
func (t *tunnel) LocalAddr() net.Addr { return tunnelAddr(t.broker.self.String()) }

// RemoteAddr is what was dialled.
func (t *tunnel) RemoteAddr() net.Addr { return tunnelAddr(t.name) }

// SetDeadline sets both deadlines.
func (t *tunnel) SetDeadline(at time.Time) error {
	t.limit(0, at)
	t.limit(1, at)
	return nil
}

// SetReadDeadline ends reads that still wait at that time.
func (t *tunnel) SetReadDeadline(at time.Time) error { t.limit(0, at); return nil }

// SetWriteDeadline ends writes that still wait at that time.
func (t *tunnel) SetWriteDeadline(at time.Time) error { t.limit(1, at); return nil }

func (t *tunnel) limit(i int, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := &t.limits[i]
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.at = at
	if !at.IsZero() && t.err == nil {
		d.timer = time.AfterFunc(time.Until(at), func() {
			t.mu.Lock()
			t.changed()
			t.mu.Unlock()
		})
	}
	t.changed()
}

// extend gives reads (0) or writes (1) nearly d from now on: 7/8 of it at least, so
// that there is no new timer for each of them.
func (t *tunnel) extend(i int, d time.Duration) {
	t.mu.Lock()
	at := t.limits[i].at
	t.mu.Unlock()
	if time.Until(at) < d*7/8 {
		t.limit(i, time.Now().Add(d))
	}
}

// expired reports whether the deadline of reads (0) or writes (1) is over.
func (t *tunnel) expired(i int) bool {
	at := t.limits[i].at
	return !at.IsZero() && !time.Now().Before(at)
}
