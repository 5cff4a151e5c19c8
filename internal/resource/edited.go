package resource

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Edit says how a content is made of an earlier one at the same path. It stands in an
// effect for the bytes of a long content: other contexts of the machine have the content
// that was edited, or can pull it, and make the edit themselves.
type Edit struct {
	// Base is the SHA-256 of what is edited, and Size its length.
	Base []byte `cbor:"base"`
	Size int64  `cbor:"size,omitempty"`
	// The rest are the arguments of the kind line.
	Line         *kind.Text `cbor:"line,omitempty"`
	Regexp       *string    `cbor:"regexp,omitempty"`
	Backrefs     bool       `cbor:"backrefs,omitempty"`
	InsertAfter  *string    `cbor:"after,omitempty"`
	InsertBefore *string    `cbor:"before,omitempty"`
	State        string     `cbor:"state,omitempty"`
}

// sentEdit is the most bytes of arguments that an Edit is sent with.
const sentEdit = 64 << 10

// editOf is how a line makes something of a content. It is nil if it is too long to send.
func (l *Line) editOf(now Content) *Edit {
	size := 0
	for _, text := range []*string{l.Regexp, l.InsertAfter, l.InsertBefore, (*string)(l.Line)} {
		if text != nil {
			size += len(*text)
		}
	}
	if size > sentEdit {
		return nil
	}
	return &Edit{
		Base: now.SHA256, Size: now.Size,
		Line: l.Line, Regexp: l.Regexp, Backrefs: l.Backrefs, InsertAfter: l.InsertAfter, InsertBefore: l.InsertBefore, State: l.State,
	}
}

// of makes the edit of its base.
func (e *Edit) of(base Content) (Content, error) {
	l := Line{lineArgs{Line: e.Line, Regexp: e.Regexp, Backrefs: e.Backrefs, InsertAfter: e.InsertAfter, InsertBefore: e.InsertBefore, State: e.State}}
	edit, err := l.edit()
	if err != nil {
		return Content{}, err
	}
	return contentOf(edit.apply(base.Data)), nil
}

// history are the contents that earlier actions give a file, the latest first, as far
// back as one that is not made of an earlier one, or is held.
func (h *planHost) history(p string) []Content {
	var out []Content
	for e := range h.v.effects(kind.PathThing(p)) {
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
	return out
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
			base, err = h.v.o.contents.whole(ctx, h, c, editable)
			return edits, base, err
		}
		edits = append(edits, c)
	}
	first := edits[len(edits)-1].Edit
	if first.Size == 0 {
		return edits, contentOf(nil), nil
	}
	there, err := h.m.read(ctx, p, editable, !h.paranoid)
	if err != nil || !first.edits(there) {
		return edits, Content{}, nil // This user may not read it, or it is another one.
	}
	return edits, there, nil
}

// edits reports whether a content is what the edit is of.
func (e *Edit) edits(c Content) bool {
	return c.Equal(Content{SHA256: e.Base, Size: e.Size})
}
