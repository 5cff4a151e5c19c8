package transporttest

import (
	"context"
	"io"
	"sync"

	"github.com/mitoplan/mitoplan/transport"
)

// Noise puts garbage into one direction of a line: it replaces bytes, and never adds or
// drops any. The zero value replaces nothing. It may be set before the line is there and
// while bytes are under way. Any goroutine may use it; each line needs one of its own for
// each direction.
type Noise struct {
	mu      sync.Mutex // guards what follows
	passed  int64
	at      int64 // offset of the first byte of garbage
	garbage []byte
}

// At puts garbage over the bytes from an offset on. The first byte of the line has the
// offset 0: of the greeting on the way up, and of the setup on the way down. Bytes that
// have passed already stay as they were. Garbage that was set before and has not passed
// is forgotten.
func (n *Noise) At(offset int64, garbage []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at, n.garbage = offset, append([]byte(nil), garbage...)
}

// Now puts garbage over the next bytes that pass.
func (n *Noise) Now(garbage []byte) { n.At(n.Passed(), garbage) }

// Passed is how many bytes have passed so far, garbage and others.
func (n *Noise) Passed() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.passed
}

// pass replaces bytes in b, which pass now.
func (n *Noise) pass(b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	from := n.at - n.passed // where the garbage begins in b
	n.passed += int64(len(b))
	switch {
	case from >= int64(len(b)):
	case from >= 0:
		copy(b[from:], n.garbage)
	case -from < int64(len(n.garbage)):
		copy(b, n.garbage[-from:])
	}
}

// Garble puts noise into a link: up into what the child sends, down into what it gets.
// Either may be nil.
func Garble(l *transport.Link, up, down *Noise) {
	if up != nil {
		l.R = noisyReader{l.R, up}
	}
	if down != nil {
		l.W = noisyWriter{l.W, down}
	}
}

// Garbled is the connector k with noise in its line; see Garble. Only the process itself
// can start it, with Router.Connect, and only once.
func Garbled(k transport.Connector, up, down *Noise) transport.Connector {
	if k == nil {
		return nil
	}
	return garbled{wrapped{k}, up, down}
}

type garbled struct {
	wrapped
	up, down *Noise
}

// Start starts the connector and puts the noise into its link.
func (k garbled) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Connector.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	noisy := *l
	Garble(&noisy, k.up, k.down)
	return &noisy, nil
}

type noisyReader struct {
	r     io.Reader
	noise *Noise
}

func (r noisyReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.noise.pass(p[:n])
	return n, err
}

type noisyWriter struct {
	w     io.Writer
	noise *Noise
}

// Write passes a copy on: p is its caller's.
func (w noisyWriter) Write(p []byte) (int, error) {
	b := append([]byte(nil), p...)
	w.noise.pass(b)
	return w.w.Write(b)
}
