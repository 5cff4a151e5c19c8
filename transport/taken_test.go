package transport_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

var (
	// pullsAll pulls a blob to its end.
	pullsAll = transport.NewFunc("pullsAll", func(ctx context.Context, n *transport.Node, blob transport.Blob) (none, error) {
		r, err := n.Pull(ctx, blob, 0)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			_ = r.Close()
		}
		return none{}, err
	})
	// pullsALittle pulls a blob, and ends that when all must have come, after a byte.
	pullsALittle = transport.NewFunc("pullsALittle", func(ctx context.Context, n *transport.Node, blob transport.Blob) (none, error) {
		r, err := n.Pull(ctx, blob, 0)
		if err == nil {
			_, err = r.Read(make([]byte, 1))
			time.Sleep(5 * time.Second) // of the bubble
			_ = r.Close()
		}
		return none{}, err
	})
)

// takenReader notes what it is told to be taken, and when it is closed.
type takenReader struct {
	io.Reader
	began time.Time

	mu     sync.Mutex
	taken  int
	most   float64 // bytes a second since the beginning, the most at any moment
	closed time.Duration
	late   bool // it was told something after it was closed
}

func (r *takenReader) Taken(n int) {
	time.Sleep(time.Millisecond) // of the bubble: it is not closed before this is over
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken += n
	r.most = max(r.most, float64(r.taken)/time.Since(r.began).Seconds())
	r.late = r.late || r.closed > 0
}

func (r *takenReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = time.Since(r.began)
	return nil
}

// TestTakenIsWhatHasArrived: the reader of an offered blob is told of what has arrived,
// never of what is still on the line, up to the last byte, and is closed then.
func TestTakenIsWhatHasArrived(t *testing.T) {
	for name, rate := range map[string]int{"8 KB/s": 8 << 10, "64 KB/s": 64 << 10, "1 MB/s": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := onLine(t, rate, 300*time.Millisecond)
				data := bytes.Repeat([]byte("x"), 20*rate)
				r := &takenReader{Reader: bytes.NewReader(data), began: time.Now()}
				blob := transport.BlobOf(data, false)
				b.Offer(c, blob, func(int64) (io.ReadCloser, error) { return r, nil })
				if _, err := pullsAll.Call(t.Context(), c, blob); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second) // of the bubble: the last credit is on its way
				defer func() { _ = b.Shutdown() }()
				r.mu.Lock()
				defer r.mu.Unlock()
				if r.taken != len(data) || r.closed == 0 || r.late {
					t.Errorf("%d of %d bytes were taken; closed after %s, told after it: %t", r.taken, len(data), r.closed, r.late)
				}
				if r.most > float64(rate) {
					t.Errorf("it was told that %.0f bytes arrived in a second, and the line has %d", r.most, rate)
				}
				if r.closed < 19*time.Second {
					t.Errorf("it was closed after %s, before all had arrived", r.closed)
				}
			})
		})
	}
}

// TestAPullThatStopsIsToldOf: a parent does not wait for credit of a child that has
// ended its pull, although all had arrived there.
func TestAPullThatStopsIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := onLine(t, 1<<20, 10*time.Millisecond)
		data := bytes.Repeat([]byte("x"), 100<<10)
		r := &takenReader{Reader: bytes.NewReader(data), began: time.Now()}
		blob := transport.BlobOf(data, false)
		b.Offer(c, blob, func(int64) (io.ReadCloser, error) { return r, nil })
		if _, err := pullsALittle.Call(t.Context(), c, blob); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		defer func() { _ = b.Shutdown() }()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.closed == 0 {
			t.Error("the content is still open")
		}
	})
}
