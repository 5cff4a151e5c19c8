package resource

import (
	"context"
	"sync"

	"github.com/mitoplan/mitoplan/transport"
)

// planPulls are the contents that the checks of one plan have pulled, since a later
// action edits them. Each comes once, however many actions edit it. Any goroutine may
// use it.
type planPulls struct {
	mu   sync.Mutex // guards all
	all  map[transport.Blob]*planPull
	held int64 // bytes
}

// planPull is one of them. Its turn is taken by who pulls it.
type planPull struct {
	turn    sync.Mutex // guards content
	content Content
}

// heldPulls bounds what they take of the agent's memory. Beyond it a content comes
// again for each action that edits it.
const heldPulls = 64 << 20

// whole returns a content with its bytes, if there are at most limit of them.
func (p *planPulls) whole(ctx context.Context, h Host, c Content, limit int64) (Content, error) {
	if c.Whole || c.Unknown || c.Blob == nil || c.Size > limit {
		return c.within(limit), nil
	}
	pull := p.of(*c.Blob)
	pull.turn.Lock()
	defer pull.turn.Unlock()
	if pull.content.Whole {
		return pull.content, nil
	}
	got, err := whole(ctx, h, c, limit)
	if err == nil && p.admit(got.Size) {
		pull.content = got
	}
	return got, err
}

func (p *planPulls) of(b transport.Blob) *planPull {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[transport.Blob]*planPull{}
	}
	if p.all[b] == nil {
		p.all[b] = &planPull{}
	}
	return p.all[b]
}

// admit reports whether so many bytes more may be kept.
func (p *planPulls) admit(n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held+n > heldPulls {
		return false
	}
	p.held += n
	return true
}
