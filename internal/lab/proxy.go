//go:build linux

package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// Proxy passes TCP connections on with a delay, as a far link does, and counts
// what passes. All its methods may be called from any goroutine.
type Proxy struct {
	to       string
	delay    time.Duration
	listener net.Listener
	wg       sync.WaitGroup

	mu       sync.Mutex // guards what follows
	conns    map[net.Conn]struct{}
	closed   bool
	cut      chan struct{} // closed while the link is whole
	cutIn    int64         // bytes that are still delivered there before it is cut; 0 if it will not be
	cutNow   chan struct{} // closed when it has been
	turns    turns
	sent     int64
	received int64
	rate     int                 // bytes in a second each way; 0 is no bound
	free     [back + 1]time.Time // when the line is free again, by direction
}

type direction int

const (
	there direction = iota
	back
)

const (
	chunkSize   = 64 << 10
	queueChunks = 256 // in flight each way of a connection

	slowChunk  = 1 << 10  // of a line with a rate
	slowBuffer = 32 << 10 // what waits before such a line, each way of a connection
)

// NewProxy starts a proxy that ends with the test. A byte that comes in at some
// time goes out delay later, in either direction; order and half-close are
// kept. It dials only 10.77.0.0/16 and loopback.
func NewProxy(t testing.TB, to string, delay time.Duration) *Proxy {
	t.Helper()
	if err := allowed(to); err != nil {
		t.Fatalf("lab: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	p := &Proxy{to: to, delay: delay, listener: l, conns: map[net.Conn]struct{}{}, cut: make(chan struct{})}
	close(p.cut)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func allowed(to string) error {
	ap, err := netip.ParseAddrPort(to)
	if err != nil {
		return err
	}
	if a := ap.Addr(); !a.IsLoopback() && !netip.MustParsePrefix("10.77.0.0/16").Contains(a) {
		return fmt.Errorf("%s is neither loopback nor in 10.77.0.0/16", a)
	}
	return nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Port is the port of Addr.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Turns is how long the longest chain is, since Reset, in which each chunk came in after
// one of the other direction had gone out: what passes in one turn waited for nothing of
// that turn. What both sides send at once crosses on the line and is one turn.
func (p *Proxy) Turns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.turns.in[there], p.turns.in[back])
}

// Bytes is what passed each way since Reset.
func (p *Proxy) Bytes() (sent, received int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, p.received
}

// Reset sets the counts to zero.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns, p.sent, p.received = turns{since: p.turns.since + 1}, 0, 0
}

// Slow gives the line a rate: so many bytes in a second each way, which all
// connections share. What waits before the line is some 64 KiB for each connection
// and way. Connections that were there before may have more. 0 is no bound.
func (p *Proxy) Slow(bytesPerSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = bytesPerSecond
}

// pace waits until a number of bytes has passed the line.
func (p *Proxy) pace(d direction, n int) {
	p.mu.Lock()
	if p.rate == 0 {
		p.mu.Unlock()
		return
	}
	if now := time.Now(); p.free[d].Before(now) {
		p.free[d] = now
	}
	p.free[d] = p.free[d].Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	free := p.free[d]
	p.mu.Unlock()
	time.Sleep(time.Until(free))
}

// piece is how many bytes are read at once.
func (p *Proxy) piece() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == 0 {
		return chunkSize
	}
	return slowChunk
}

// Sever ends every connection, as a reset of the line does. New ones may come.
func (p *Proxy) Sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}

// Cut makes the link silent: nothing passes, and no connection ends.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.whole() {
		p.cut = make(chan struct{})
	}
}

// CutAfter cuts the link once so many more bytes are delivered there, give or take one
// chunk: the last one still arrives, and no answer to it comes. The channel is closed then.
func (p *Proxy) CutAfter(n int64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutIn, p.cutNow = n, make(chan struct{})
	return p.cutNow
}

// delivered counts towards CutAfter.
func (p *Proxy) delivered(d direction, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d != there || p.cutIn == 0 {
		return
	}
	if p.cutIn = max(0, p.cutIn-int64(n)); p.cutIn == 0 && p.whole() {
		p.cut = make(chan struct{})
		close(p.cutNow)
	}
}

// leaves counts a chunk that is about to go out.
func (p *Proxy) leaves(d direction, t turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns.leave(d, t)
}

// Heal ends Cut. What was on its way then arrives.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.whole() {
		close(p.cut)
	}
}

func (p *Proxy) whole() bool {
	select {
	case <-p.cut:
		return true
	default:
		return false
	}
}

// await waits while the link is cut.
func (p *Proxy) await() {
	p.mu.Lock()
	cut := p.cut
	p.mu.Unlock()
	<-cut
}

// count counts a chunk that came in, and returns in which turn it did.
func (p *Proxy) count(d direction, n int) turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d == there {
		p.sent += int64(n)
	} else {
		p.received += int64(n)
	}
	return p.turns.enter(d)
}

func (p *Proxy) close() {
	p.listener.Close()
	p.Heal()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// own records a connection so that close ends it. It returns false after close.
func (p *Proxy) own(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) disown(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.own(c) {
			p.wg.Go(func() { p.serve(c.(*net.TCPConn)) })
		}
	}
}

// serve passes one connection on. The far end is dialled as late as the third
// packet of a handshake over the link would arrive.
func (p *Proxy) serve(near *net.TCPConn) {
	defer p.disown(near)
	time.Sleep(3 * p.delay)
	p.await()
	conn, err := net.DialTimeout("tcp", p.to, 10*time.Second)
	if err != nil {
		near.SetLinger(0) // a reset, as of a refused connection
		return
	}
	defer p.disown(conn)
	if !p.own(conn) {
		return
	}
	far := conn.(*net.TCPConn)
	if p.piece() == slowChunk {
		for _, c := range []*net.TCPConn{near, far} {
			_ = c.SetReadBuffer(slowBuffer)
			_ = c.SetWriteBuffer(slowBuffer)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.pass(far, near, there) })
	wg.Go(func() { p.pass(near, far, back) })
	wg.Wait()
}

type chunk struct {
	due  time.Time
	data []byte // empty: the end
	turn turn
}

// pass carries one direction of a connection.
func (p *Proxy) pass(to, from *net.TCPConn, d direction) {
	queue := make(chan chunk, queueChunks)
	var wg sync.WaitGroup
	wg.Go(func() { p.deliver(to, from, d, queue) })
	for {
		data := make([]byte, p.piece())
		n, err := from.Read(data)
		if n > 0 {
			p.pace(d, n)
			turn := p.count(d, n)
			queue <- chunk{time.Now().Add(p.delay), data[:n], turn}
		}
		if errors.Is(err, io.EOF) {
			queue <- chunk{due: time.Now().Add(p.delay)}
			break
		}
		if err != nil {
			to.Close()
			break
		}
	}
	close(queue)
	wg.Wait()
}

// deliver writes each chunk when it is due. If the receiver is gone, it ends the
// sender, too.
func (p *Proxy) deliver(to, from *net.TCPConn, d direction, queue <-chan chunk) {
	for c := range queue {
		time.Sleep(time.Until(c.due))
		p.await()
		p.leaves(d, c.turn)
		p.delivered(d, len(c.data)) // before an answer to it may come, which a cut has to hold
		if len(c.data) == 0 {
			to.CloseWrite()
		} else if _, err := to.Write(c.data); err != nil {
			from.Close()
		}
	}
}
