package transport

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// Bounds of what this process pulls.
const (
	// pullBudget is how many bytes may be under way to this process in all its pulls,
	// but for leastWindow in each.
	pullBudget  = 16 << 20
	leastWindow = 2 * chunk
)

// pullWindow is how many bytes may be under way in one pull.
func pullWindow() int { return 2 * queue.Now().Tunnel }

// puller has what bounds the pulls of this process from its parent.
type puller struct {
	slots chan struct{} // room for those that run
	moved atomic.Int64  // when a byte came last, in ns since the broker's beginning

	mu    sync.Mutex
	given int // of pullBudget
}

// idle is how long no byte of any blob has come, for a broker of that age.
func (p *puller) idle(since time.Time) time.Duration {
	return time.Since(since) - time.Duration(p.moved.Load())
}

// claim takes a window for so many bytes out of the budget.
func (p *puller) claim(n int64) (window int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	window = int(min(n, int64(pullWindow()), int64(pullBudget-p.given)))
	window = max(window, int(min(n, leastWindow)))
	p.given += window
	return window
}

// release gives a window back.
func (p *puller) release(window int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given -= window
}

// pullUp pulls a blob from the parent, for a context that asks for it here. It waits
// while too many pulls run. What comes is not checked. Close ends the pull.
func (b *Broker) pullUp(ctx context.Context, asker Address, blob Blob, offset int64) (io.ReadCloser, error) {
	select {
	case b.puller.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	window := b.puller.claim(blob.Size - offset)
	p := &pull{b: b, blob: blob, window: window, t: b.newTunnel(b.up.peer, "blob "+blob.String())}
	p.t.window, p.t.step, p.t.most, p.t.credit, p.t.last = window, window/4, 0, 0, true
	p.t.soon, p.t.paid = min(window/4, slowest), time.Now() // credit is what the parent knows of the progress
	data, err := Marshal(pullPayload{blob, offset, asker, window})
	if err == nil {
		b.puller.moved.Store(int64(time.Since(b.since)))
		err = b.forward(p.message(0, data))
	}
	if err != nil {
		p.end(err)
		return nil, err
	}
	p.stop = context.AfterFunc(ctx, func() { p.end(context.Cause(ctx)) })
	return p, nil
}

// pull is a blob that comes from the parent.
type pull struct {
	b      *Broker
	blob   Blob
	window int
	t      *tunnel
	stop   func() bool
	once   sync.Once
}

// message is a message to the parent about this pull.
func (p *pull) message(flags uint8, data []byte) *Message {
	return &Message{Dst: p.t.peer, Src: p.b.self, Handle: handlePull, ReplyTo: p.t.handle, Data: data, flags: flags}
}

// Read reads what has come. It fails with a *TimeoutError if nothing comes of any
// blob for a long time.
func (p *pull) Read(b []byte) (int, error) {
	p.t.extend(0, pullPatience)
	for {
		n, err := p.t.Read(b)
		if n > 0 {
			p.b.puller.moved.Store(int64(time.Since(p.b.since)))
			return n, nil
		}
		var e *BlobError
		switch idle := p.b.puller.idle(p.b.since); {
		case errors.As(err, &e):
			return 0, blobError(p.blob, err)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		case idle >= pullPatience:
			return 0, &TimeoutError{After: pullPatience, Phase: PhaseStalled}
		default:
			p.t.limit(0, time.Now().Add(pullPatience-idle))
		}
	}
}

// Close ends the pull.
func (p *pull) Close() error {
	p.stop()
	p.end(errClosed)
	return nil
}

// end gives back all that the pull holds. If the parent still sends, or waits for
// credit, it is told to stop.
func (p *pull) end(err error) {
	p.once.Do(func() {
		if p.t.drop(err) || p.t.untaken() {
			_ = p.b.forward(p.message(flagReset, nil))
		}
		p.t.gone()
		p.b.puller.release(p.window)
		<-p.b.puller.slots
	})
}
