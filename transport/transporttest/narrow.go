package transporttest

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Narrow puts a line of that rate, in bytes per second and direction, into a link, with
// buffers that never fill: a write returns at once, and says nothing. While cut is true,
// nothing arrives, and nothing says so. cut may be nil.
func Narrow(l *transport.Link, rate int, cut *atomic.Bool) {
	if cut == nil {
		cut = new(atomic.Bool)
	}
	r, w := io.Pipe()
	down, up := newBuffered(l.W, rate, cut), newBuffered(w, rate, cut)
	near, closer := l.R, l.Close
	go func() {
		_, _ = io.Copy(up, near)
		up.end()
		_ = w.Close()
	}()
	l.R, l.W = r, down
	l.Close = func() error { down.end(); _ = r.Close(); return closer() }
}

// buffered is one direction of a narrow line.
type buffered struct {
	queue chan []byte
	over  chan struct{}
}

func newBuffered(w io.Writer, rate int, cut *atomic.Bool) *buffered {
	b := &buffered{make(chan []byte, 1<<20), make(chan struct{})}
	go func() {
		for {
			var p []byte
			select {
			case p = <-b.queue:
			case <-b.over:
				return
			}
			select {
			case <-time.After(time.Duration(len(p)) * time.Second / time.Duration(rate)):
			case <-b.over:
				return
			}
			if cut.Load() {
				continue
			}
			if _, err := w.Write(p); err != nil {
				return
			}
		}
	}()
	return b
}

// Write puts everything into the buffer.
func (b *buffered) Write(p []byte) (int, error) {
	for n := 0; n < len(p); n += 1024 {
		b.queue <- append([]byte(nil), p[n:min(len(p), n+1024)]...)
	}
	return len(p), nil
}

// end forgets what is in the buffer.
func (b *buffered) end() {
	select {
	case <-b.over:
	default:
		close(b.over)
	}
}
