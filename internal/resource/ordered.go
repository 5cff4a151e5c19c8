package resource

import (
	"context"
	"io"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// ordered is an ordered batch: actions on one path that follow each other in one context. Each
// sees what those before it make of the file, and is refused for itself. The file is written
// once, as the last of them leaves it, and validated so.
type ordered struct {
	path string // resolved; "" before the first of them writes
	// found is what the first of them found there, entry what the last of them leaves.
	found   *Entry
	entry   Entry
	file    NewFile
	checks  []func(context.Context, string) error
	checked []string // their names
}

// applyOrdered makes an ordered batch in one write. If it returns an error, nothing was written.
func (s *Service) applyOrdered(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	o := &ordered{}
	var hosts []*orderedHost
	var replies []ApplyReply
	for k, r := range slices.Concat([]ApplyRequest{req}, req.Then) {
		_, res, err := s.decode(r.Kind, r.Args, r.End)
		if err != nil {
			return ApplyReply{}, err
		}
		if k == 0 {
			done, err := s.machine.turn(ctx, res)
			if err != nil {
				return ApplyReply{}, err
			}
			defer done()
			s.machine.begin(r.Session)
		}
		h := &orderedHost{applyHost: s.hostOf(r), o: o}
		defer h.close()
		c, err := res.Apply(ctx, h)
		if err != nil {
			return ApplyReply{}, err
		}
		hosts, replies = append(hosts, h), append(replies, r.reply(c))
	}
	if o.path == "" {
		return ApplyReply{}, errNotBegun
	}
	for _, h := range hosts {
		h.begun = true // What validates runs now.
	}
	if err := s.machine.replace(ctx, o.path, o.found, o.file); err != nil {
		return ApplyReply{}, err
	}
	replies[0].Then = replies[1:]
	return replies[0], nil
}

// applyEach makes an ordered batch one by one, up to the first that fails.
func (s *Service) applyEach(ctx context.Context, req ApplyRequest) (ApplyReply, error) {
	first, err := s.applyOne(ctx, req)
	if err != nil {
		return first, err
	}
	for _, r := range req.Then {
		transport.Advance(ctx)
		next, err := s.applyOne(ctx, r)
		if err != nil && ctx.Err() != nil {
			return ApplyReply{}, err
		}
		if next.Problem = problemOf(err); err != nil {
			return ApplyReply{Change: first.Change, Then: append(first.Then, next)}, nil
		}
		first.Then = append(first.Then, next)
	}
	return first, nil
}

// orderedHost is the applyHost of an action in an ordered batch. Its begun stays false: all
// writes fail but that of the file, which is kept for the others.
type orderedHost struct {
	*applyHost
	o      *ordered
	change Change
	agreed bool
}

// Begin implements Writer.
func (h *orderedHost) Begin(c Change) error {
	if err := h.agrees(c); err != nil {
		return err
	}
	h.change, h.agreed = c, true
	return nil
}

// Replace implements Writer.
func (h *orderedHost) Replace(ctx context.Context, p string, f NewFile) error {
	o := h.o
	after := slices.IndexFunc(h.change.Effects, func(e Effect) bool { return e.Thing == kind.PathThing(p) })
	if !h.agreed || after < 0 || f.Content == nil || f.Fill != nil || f.From != nil || f.CopyFrom != "" || f.Backup != "" || f.InPlace {
		return errNotBegun
	}
	switch {
	case o.path == "":
		if o.found = h.foundAt(p); o.found == nil {
			return errNotBegun
		}
		o.path, o.file.New, o.file.Validate = p, f.New, o.validate
	case o.path != p:
		return errNotBegun
	}
	content, err := h.whole(ctx, *f.Content)
	if err != nil {
		return err
	}
	o.file.Content = &content
	o.entry = *h.change.Effects[after].Entry
	o.entry.Content = nil
	o.file.over(f.Meta)
	if f.Validate != nil && (f.Check == "" || !slices.Contains(o.checked, f.Check)) {
		o.checks, o.checked = append(o.checks, f.Validate), append(o.checked, f.Check)
	}
	return nil
}

// over has what a later Meta says take the place of what this one does.
func (m *Meta) over(later Meta) {
	if later.UID != nil {
		m.UID = later.UID
	}
	if later.GID != nil {
		m.GID = later.GID
	}
	if later.Mode != nil {
		m.Mode = later.Mode
	}
	if len(later.Attributes) > 0 {
		all := maps.Clone(later.Attributes)
		for name, v := range m.Attributes {
			if _, again := all[name]; !again {
				all[name] = v
			}
		}
		m.Attributes = all
	}
	m.AllNames = m.AllNames || later.AllNames
}

// whole is a content with its bytes, which are pulled if they are not here.
func (h *orderedHost) whole(ctx context.Context, c Content) (Content, error) {
	if c.Whole {
		return c, nil
	}
	if c.Size > Editable {
		return c, errNotBegun
	}
	in, err := h.Open(ctx, c)
	if err != nil {
		return c, err
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	return ContentOf(data), err
}

func (o *ordered) validate(ctx context.Context, tmp string) error {
	for _, check := range o.checks {
		if err := check(ctx, tmp); err != nil {
			return err
		}
	}
	return nil
}

// wrote reports whether a path is that of the file, and the file is to be another.
func (h *orderedHost) wrote(p string) bool {
	if h.o.path == "" {
		return false
	}
	at, err := h.Resolve(p, false)
	return err == nil && at == h.o.path
}

// Lstat implements Reader.
func (h *orderedHost) Lstat(p string) (Entry, error) {
	if h.wrote(p) {
		return h.o.entry, nil
	}
	return h.applyHost.Lstat(p)
}

// Read implements Reader.
func (h *orderedHost) Read(ctx context.Context, p string, limit int64) (Content, error) {
	if !h.wrote(p) {
		return h.applyHost.Read(ctx, p, limit)
	}
	c := *h.o.file.Content
	if c.Size > limit {
		c.Data, c.Whole = nil, false
	}
	return c, nil
}
