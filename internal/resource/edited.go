package resource

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Edit says how a content is made of an earlier one at the same path. It stands in an
// effect for the bytes of a long content: other contexts of the machine have the content
// that was edited, or can pull it, and make the edit themselves.
type Edit struct {
	// Base is the SHA-256 of what is edited, and Size its length.
	Base []byte `cbor:"base"`
	Size int64  `cbor:"size,omitempty"`
	edit.Any
}

// Editable is the longest file that a part is edited of.
const Editable = 16 << 20

// sentEdit is the most bytes of arguments that an Edit is sent with.
const sentEdit = 64 << 10

// EditOf is how these arguments make something of a content. It is nil if it is too long
// to send, or if not every agent can make it.
func EditOf(now Content, a edit.Any) *Edit {
	if a.Length() > sentEdit || !a.Everywhere() {
		return nil
	}
	return &Edit{now.SHA256, now.Size, a}
}

// of makes the edit of its base.
func (e *Edit) of(base Content) (Content, error) {
	made, err := e.Apply(base.Data)
	if err != nil {
		return Content{}, err
	}
	return ContentOf(made), nil
}

// history are the contents that earlier actions give a file, the latest first, as far
// back as one that is not made of an earlier one, or is held. sameAs is the path of the file
// of which an earlier action makes it another name, if what it holds comes from there.
func (h *planHost) history(p string) (out []Content, sameAs string) {
	for e := range h.v.effects(kind.PathThing(p)) {
		if e.Entry.Content == nil && e.Entry.SameAs != "" {
			return out, string(e.Entry.SameAs)
		}
		if e.Entry.Content == nil {
			continue
		}
		out = append(out, *e.Entry.Content)
		if e.Entry.Content.Edit == nil {
			break
		}
		if held, ok := h.v.o.contents.find(*e.Entry.Content); ok {
			out[len(out)-1] = held
			break
		}
	}
	return out, ""
}

// plannedContent is the latest content of a history. It is without its bytes if there are
// more than limit, or if what it is made of is not here.
func (h *planHost) plannedContent(ctx context.Context, p string, history []Content, limit int64) (Content, error) {
	last := history[0]
	if last.Edit == nil || last.Size > limit {
		return h.v.o.contents.whole(ctx, h, last, limit)
	}
	edits, base, err := h.madeOf(ctx, p, history)
	if err != nil || !base.Whole {
		return last, err
	}
	for k := len(edits) - 1; k >= 0; k-- {
		made, err := edits[k].Edit.of(base)
		if err != nil || !made.Equal(edits[k]) {
			return last, nil // It is not what it is said to be, so it stays unknown.
		}
		base = made
	}
	h.v.o.contents.keep(base)
	return base, nil
}

// madeOf are the edits that lead to the latest content, the last edit first, and what the
// first one edits: what an action writes, or what is there.
func (h *planHost) madeOf(ctx context.Context, p string, history []Content) (edits []Content, base Content, err error) {
	for _, c := range history {
		if len(edits) > 0 && !edits[len(edits)-1].Edit.edits(c) {
			continue
		}
		if c.Edit == nil {
			base, err = h.v.o.contents.whole(ctx, h, c, Editable)
			return edits, base, err
		}
		edits = append(edits, c)
	}
	first := edits[len(edits)-1].Edit
	if first.Size == 0 {
		return edits, ContentOf(nil), nil
	}
	there, err := h.m.read(ctx, p, Editable, !h.paranoid)
	if err != nil || !first.edits(there) {
		return edits, Content{}, nil // This user may not read it, or it is another one.
	}
	return edits, there, nil
}

// edits reports whether a content is what the edit is of.
func (e *Edit) edits(c Content) bool {
	return c.Equal(Content{SHA256: e.Base, Size: e.Size})
}
