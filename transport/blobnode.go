package transport

import (
	"context"
	"io"
	"sync"
)

// ownPulls is how many blobs the functions of one context pull at once.
const ownPulls = 32

// Pull opens a blob that was offered to this context, from an offset on: 0, or as
// many bytes as are here already. It may wait until other pulls of the context are
// over. The reader has to be closed, and ends with ctx; reading from it tells the
// caller of the function that the function goes on, as Advance does.
//
// The reader gives io.EOF only after the bytes that the blob names: their number,
// and from offset 0 on their sum (see Blob.Verify for other offsets). Otherwise it
// gives a *BlobError, or a *TimeoutError if nothing came for 5 minutes. What came
// before an error may be the beginning of other contents.
func (n *Node) Pull(ctx context.Context, blob Blob, offset int64) (io.ReadCloser, error) {
	done := n.progress.waits()
	defer done()
	select {
	case n.engine.pulls <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	r, err := n.broker.openBlob(ctx, n.broker.self, blob, offset)
	if err != nil {
		<-n.engine.pulls
		return nil, err
	}
	return &ownPull{verifier: verified(r, blob, offset), n: n}, nil
}

// ownPull is a blob that a function reads.
type ownPull struct {
	*verifier
	n    *Node
	once sync.Once
}

func (p *ownPull) Read(b []byte) (int, error) {
	done := p.n.progress.waits()
	defer done()
	n, err := p.verifier.Read(b)
	if n > 0 && p.n.progress != nil {
		p.n.progress.advance()
		p.n.progress.carried(n)
	}
	return n, err
}

// Close ends the pull.
func (p *ownPull) Close() error {
	p.once.Do(func() {
		_ = p.verifier.Close()
		<-p.n.engine.pulls
	})
	return nil
}
