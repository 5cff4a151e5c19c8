// Package transporttest is for tests of and on transport: byte streams in
// memory that can be slow, stalled or cut, a connector that runs an agent in
// this process, and the contract that every connector keeps. It is never part
// of a program. Start reading at Agent, then Contract.
package transporttest

import (
	"errors"
	"io"
	"sync"
	"time"
)

// ErrCut is the error of reads and writes at both ends of a pair after Cut.
var ErrCut = errors.New("connection was cut")

// End is one end of a Pair.
type End struct {
	in, out *half
}

// Pair makes two connected ends. What is written at one can be read at the other
// after the delay. Writing never blocks. The delay uses timers of package time, so
// that it is virtual under testing/synctest.
func Pair(delay time.Duration) (a, b *End) {
	x, y := newHalf(delay), newHalf(delay)
	return &End{x, y}, &End{y, x}
}

// Read reads what has arrived.
func (e *End) Read(p []byte) (int, error) { return e.in.read(p) }

// Write sends to the other end.
func (e *End) Write(p []byte) (int, error) { return e.out.write(p) }

// Close ends both ways: the other end reads what is under way, then io.EOF.
func (e *End) Close() error {
	e.out.end(io.EOF)
	e.in.abandon()
	return nil
}

// Cut breaks both ways at once; what is under way is lost.
func (e *End) Cut() {
	e.out.cut()
	e.in.cut()
}

// Stall keeps what this end sends from arriving until release is called.
func (e *End) Stall() (release func()) { return e.out.stall() }

// half is one direction of a pair.
type half struct {
	delay time.Duration

	mu      sync.Mutex // guards what follows
	queue   []piece
	err     error // what a read gets once the queue is empty
	closed  bool  // the reading end was closed
	stalled bool
	wake    chan struct{}
}

type piece struct {
	at   time.Time
	data []byte
}

func newHalf(delay time.Duration) *half {
	return &half{delay: delay, wake: make(chan struct{})}
}

// changed wakes the reads that wait. The caller holds mu.
func (h *half) changed() {
	close(h.wake)
	h.wake = make(chan struct{})
}

func (h *half) write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.err == ErrCut:
		return 0, ErrCut
	case h.err != nil || h.closed:
		return 0, io.ErrClosedPipe
	}
	h.queue = append(h.queue, piece{time.Now().Add(h.delay), append([]byte(nil), p...)})
	h.changed()
	return len(p), nil
}

func (h *half) read(p []byte) (int, error) {
	for {
		h.mu.Lock()
		n, wait, err := h.take(p)
		wake := h.wake
		h.mu.Unlock()
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if wait == 0 {
			<-wake
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-wake:
			t.Stop()
		}
	}
}

// take reads what has arrived. If nothing has, it returns how long the next piece is
// still under way, or 0 if there is none. The caller holds mu.
func (h *half) take(p []byte) (n int, wait time.Duration, err error) {
	switch {
	case h.closed:
		return 0, 0, io.ErrClosedPipe
	case h.stalled:
		return 0, 0, nil
	case len(h.queue) == 0:
		return 0, 0, h.err
	}
	first := &h.queue[0]
	if wait = time.Until(first.at); wait > 0 {
		return 0, wait, nil
	}
	n = copy(p, first.data)
	if first.data = first.data[n:]; len(first.data) == 0 {
		h.queue = h.queue[1:]
	}
	return n, 0, nil
}

func (h *half) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = err
	}
	h.changed()
}

func (h *half) abandon() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed, h.queue = true, nil
	h.changed()
}

func (h *half) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue, h.err, h.stalled = nil, ErrCut, false
	h.changed()
}

func (h *half) stall() (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stalled = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.stalled = false
		h.changed()
	}
}
