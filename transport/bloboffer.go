package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// BlobSource opens the contents of a blob from an offset on, which is less than its
// size. It may be called by several goroutines at once, and its readers are read at
// the same time; each is closed by who opened it. What its errors say stays in this
// process, but for the reason of a *BlobError.
//
// A reader that has the method Taken is told whenever the neighbour on the way to the
// context has taken n bytes more of it. What was read may be under way for long. It is
// closed when all was taken. Taken must not block.
type BlobSource func(offset int64) (io.ReadCloser, error)

// offer is a blob that a context may pull.
type offer struct {
	from  BlobSource
	times int // that it was offered and not withdrawn
	// due is how many bytes of it may count as moved, all of it for each time that it
	// was offered, and served how many have; see Broker.served.
	due, served int64
}

// Offer lets a context pull a blob, until the context ends or the offer is withdrawn.
// Nothing is sent. Nobody but this context may have the blob by that, and no context
// behind it. What is offered twice has to be withdrawn twice; the last source counts.
// Each offer lets the blob count once more as contents that move (see Bounds), so it is
// offered once for each call that may pull it. The error is of a context or a source that is
// nil. To a context that has ended nothing is offered, and the calls in it say why.
func (b *Broker) Offer(c *Context, blob Blob, from BlobSource) error {
	switch {
	case b.unmade():
		return fmt.Errorf("offer a blob: %w", errNoBroker)
	case c == nil:
		return fmt.Errorf("offer a blob: %w", errNoContext)
	case from == nil:
		return errors.New("offer a blob: the BlobSource is nil")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.ended {
		return nil
	}
	if c.offers == nil {
		c.offers = make(map[Blob]*offer)
	}
	o := c.offers[blob]
	if o == nil {
		o = &offer{}
		c.offers[blob] = o
	}
	o.from = from
	o.times++
	o.due += blob.Size
	return nil
}

// Withdraw ends an offer. A pull that runs goes on.
func (b *Broker) Withdraw(c *Context, blob Blob) {
	if b.unmade() || c == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o := c.offers[blob]
	if o == nil {
		return
	}
	if o.times--; o.times == 0 {
		delete(c.offers, blob)
	}
}

// offered is the source of a blob that this process itself has offered to a context,
// nil if it has not.
func (b *Broker) offered(to Address, blob Blob) BlobSource {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o := b.offerLocked(to, blob); o != nil {
		return o.from
	}
	return nil
}

// offerLocked is what a context was offered, nil for nothing. The caller holds mu.
func (b *Broker) offerLocked(to Address, blob Blob) *offer {
	if c := b.contexts[to]; c != nil {
		return c.offers[blob]
	}
	return nil
}

// nothing is what comes after the last byte of a blob.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
func (nothing) Close() error             { return nil }

// openBlob opens a blob for a context that asks for it: this one or one behind it.
// Whether that may have it is decided by whoever offered it. ctx bounds the reading,
// too.
func (b *Broker) openBlob(ctx context.Context, asker Address, blob Blob, offset int64) (io.ReadCloser, error) {
	switch from := b.offered(asker, blob); {
	case offset < 0 || offset > blob.Size:
		return nil, &BlobError{blob, BlobRefused}
	case from != nil && offset == blob.Size:
		return nothing{}, nil
	case from != nil:
		return from(offset)
	case b.up == nil:
		return nil, &BlobError{blob, BlobRefused}
	}
	return b.openUp(ctx, asker, blob, offset)
}
