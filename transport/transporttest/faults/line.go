package faults

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// Fault is what happens to a Line.
type Fault string

// These are all faults of a Line.
const (
	// Cut: the connection is over at both ends, as after a reset.
	Cut Fault = "cut"
	// Silent: nothing arrives any more, and nobody is told. The far end stays open when
	// the near one is closed, until Release.
	Silent Fault = "silent"
	// Slow: what is written arrives at Rate.
	Slow Fault = "slow"
	// Crawling: what is written arrives at CrawlRate, which is all that its reader takes.
	Crawling Fault = "crawling"
	// Garbage: what arrives from an offset on is random; see StrikeIn.
	Garbage Fault = "garbage"
	// Mended: everything gets through, as at first.
	Mended Fault = ""
)

// Rates of a slow line and of one that crawls, in bytes a second each way.
const (
	Rate      = 256 << 10
	CrawlRate = 16 << 10
)

// rates are those of the faults that have one.
var rates = map[Fault]int{Slow: Rate, Crawling: CrawlRate}

// room is how much a silent line takes before writes wait, as the buffers of a kernel do.
const room = 256 << 10

// ErrCut is the error of reads and writes on a line that is cut.
var ErrCut = errors.New("the line was cut")

// Line is what the bytes of one hop go through. The zero value lets everything through. Any goroutine may
// use it.
type Line struct {
	mu      sync.Mutex // guards what follows
	fault   Fault
	room    int // what a silent line still takes
	changed chan struct{}
	ends    []*end
	garbage [2]garbage // of each way
}

// lines are those of this process by their names, for Strike.
var lines sync.Map

// LineOf is the line of this name in this process.
func LineOf(name string) *Line {
	l, _ := lines.LoadOrStore(name, &Line{})
	return l.(*Line)
}

// Forget forgets the line of this name in this process, and all that went over it.
func Forget(name string) { lines.Delete(name) }

// Strike begins a fault, and ends the one before.
func (l *Line) Strike(in StrikeIn) {
	f := in.Fault
	l.mu.Lock()
	l.fault, l.room = f, room
	l.garbage = newGarbage(in.Seed, in.Offset)
	l.wake()
	ends := l.ends
	l.mu.Unlock()
	if f == Cut {
		for _, e := range ends {
			_ = e.far()
		}
	}
}

// Release closes the far ends of a line that was silent.
func (l *Line) Release() {
	l.mu.Lock()
	ends := l.ends
	l.mu.Unlock()
	for _, e := range ends {
		_ = e.far()
	}
}

// wake lets everybody who waits look again. The caller holds mu.
func (l *Line) wake() {
	if l.changed != nil {
		close(l.changed)
	}
	l.changed = make(chan struct{})
}

// state is what the line does now, and is closed when that changes.
func (l *Line) state() (Fault, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.fault, l.changed
}

// end is the near end of a connection through a line. What the far end sends is read by a
// goroutine of its own, which ends with the far end.
type end struct {
	line   *Line
	w      io.Writer
	far    func() error
	in     chan []byte
	err    error // why in was closed
	rest   []byte
	once   sync.Once
	closed chan struct{}
}

func (l *Line) open(r io.Reader, w io.Writer, far func() error) *end {
	e := &end{line: l, w: w, far: far, in: make(chan []byte), closed: make(chan struct{})}
	l.mu.Lock()
	l.ends = append(l.ends, e)
	l.mu.Unlock()
	go e.pump(r)
	return e
}

func (e *end) pump(r io.Reader) {
	defer close(e.in)
	for {
		b := make([]byte, 32<<10)
		n, err := r.Read(b)
		if n > 0 {
			select {
			case e.in <- b[:n]:
			case <-e.closed:
				return
			}
		}
		if err != nil {
			e.err = err
			return
		}
	}
}

// Read reads what has come through the line.
func (e *end) Read(p []byte) (int, error) {
	for {
		f, changed := e.line.state()
		switch {
		case f == Cut:
			return 0, ErrCut
		case f == Silent:
			select {
			case <-e.closed:
				return 0, net.ErrClosed
			case <-changed:
			}
			continue
		case len(e.rest) > 0:
			n := copy(p, e.rest)
			if rates[f] > 0 {
				n = copy(p[:min(n, slowPiece)], e.rest)
				e.pause(n, f)
			}
			if e.rest = e.rest[n:]; f == Garbage {
				e.line.garble(0, p[:n])
			}
			return n, nil
		}
		select {
		case b, ok := <-e.in:
			if !ok {
				return 0, e.err
			}
			e.rest = b
		case <-e.closed:
			return 0, net.ErrClosed
		case <-changed:
		}
	}
}

// slowPiece is how much passes a slow line at once.
const slowPiece = 1 << 10

// pause waits for as long as n bytes take on a slow line.
func (e *end) pause(n int, f Fault) {
	t := time.NewTimer(time.Duration(n) * time.Second / time.Duration(rates[f]))
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.closed:
	}
}

// Write sends p through the line.
func (e *end) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		f, changed := e.line.state()
		switch f {
		case Cut:
			return n, ErrCut
		case Silent:
			if e.line.takes(len(p) - n) {
				return len(p), nil
			}
			select {
			case <-e.closed:
				return n, net.ErrClosed
			case <-changed:
			}
			continue
		}
		piece := p[n:]
		switch {
		case rates[f] > 0:
			piece = piece[:min(len(piece), slowPiece)]
			e.pause(len(piece), f)
		case f == Garbage:
			piece = slices.Clone(piece) // p is its caller's
			e.line.garble(1, piece)
		}
		if _, err := e.w.Write(piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return len(p), nil
}

// takes reports whether a silent line still takes n bytes.
func (l *Line) takes(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room < n {
		return false
	}
	l.room -= n
	return true
}

// Close closes the near end, and the far one if the line carries that there.
func (e *end) Close() error {
	e.once.Do(func() { close(e.closed) })
	if f, _ := e.line.state(); f == Silent {
		return nil
	}
	return e.far()
}
