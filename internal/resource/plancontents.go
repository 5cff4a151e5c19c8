package resource

import (
	"container/list"
	"context"
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/transport"
)

// planContents are the contents that the checks of one plan have pulled or made, since a
// later action edits them. A content that is pulled comes once, however many actions edit
// it. Any goroutine may use it.
type planContents struct {
	mu   sync.Mutex // guards what follows, and content and at of each
	all  map[transport.Blob]*planContent
	held int64      // bytes
	used *list.List // of *planContent that are held, the last used one last
}

// planContent is one of them. Its turn is taken by who pulls it.
type planContent struct {
	turn    sync.Mutex
	content Content // not Whole if it is not held
	at      *list.Element
}

// heldContents bounds what they take of the agent's memory, in bytes. Beyond it those that
// were used longest ago are pulled or made again.
const heldContents = 64 << 20

// nameOf tells contents apart.
func nameOf(c Content) transport.Blob {
	if c.Blob != nil {
		return *c.Blob
	}
	b := transport.Blob{Size: c.Size}
	copy(b.Sum[:], c.SHA256)
	return b
}

// whole returns a content with its bytes, if there are at most limit of them and it has
// them or can pull them.
func (p *planContents) whole(ctx context.Context, h Host, c Content, limit int64) (Content, error) {
	if c.Whole || c.Unknown || c.Blob == nil || c.Size > limit {
		return c.within(limit), nil
	}
	pull := p.of(*c.Blob)
	pull.turn.Lock()
	defer pull.turn.Unlock()
	if got, ok := p.find(c); ok {
		return got, nil
	}
	got, err := Whole(ctx, h, c, limit)
	if err == nil {
		p.keep(got)
	}
	return got, err
}

func (p *planContents) of(b transport.Blob) *planContent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entry(b)
}

func (p *planContents) entry(b transport.Blob) *planContent {
	if p.all == nil {
		p.all, p.used = map[transport.Blob]*planContent{}, list.New()
	}
	if p.all[b] == nil {
		p.all[b] = &planContent{}
	}
	return p.all[b]
}

// find returns a content with its bytes, if they are held.
func (p *planContents) find(c Content) (Content, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.all[nameOf(c)]
	if e == nil || e.at == nil {
		return c, false
	}
	p.used.MoveToBack(e.at)
	return e.content, true
}

// keep holds the bytes of a content, and lets go of those that were used longest ago.
func (p *planContents) keep(c Content) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entry(nameOf(c))
	if e.at != nil || c.Size > heldContents {
		return
	}
	for p.held+c.Size > heldContents {
		p.release(p.used.Front().Value.(*planContent))
	}
	p.held += c.Size
	e.content, e.at = c, p.used.PushBack(e)
}

// forget lets go of a content that was made by an edit. What is edited next is what came
// of it.
func (p *planContents) forget(c Content) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.all[nameOf(c)]; e != nil && e.at != nil && e.content.Blob == nil {
		p.release(e)
	}
}

func (p *planContents) release(e *planContent) {
	p.used.Remove(e.at)
	p.held -= e.content.Size
	e.content, e.at = Content{}, nil
}

// made takes the bytes of long edited contents out of effects, and holds them. So the
// overlay has how each was made, and the bytes of the last.
func (p *planContents) made(effects []Effect) []Effect {
	out := effects
	for k, e := range effects {
		if e.Entry == nil || e.Entry.Content == nil || e.Entry.Content.Made == nil || e.Entry.Content.Size <= ShownContent {
			continue
		}
		if &out[0] == &effects[0] {
			out = slices.Clone(effects)
		}
		p.keep(*e.Entry.Content)
		p.forget(Content{SHA256: e.Entry.Content.Made.Base, Size: e.Entry.Content.Made.Size})
		out[k].Entry = e.Entry.asEdit(0)
	}
	return out
}

// asEdit is an entry without the bytes of its content if there are more than limit. It
// says how they are made, if that is known.
func (e *Entry) asEdit(limit int64) *Entry {
	short, c := *e, e.Content.within(limit)
	if !c.Whole {
		c.Edit = c.Made
	}
	short.Content = &c
	return &short
}
