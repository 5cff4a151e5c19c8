package resource

import (
	"context"
	"io"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
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

// replace keeps what an action writes, for the others. Whatever is no plain write of the one file is
// refused, as all other writes of the action are: its begun stays false. f.Found is what the first
// of them found there.
func (o *ordered) replace(ctx context.Context, h *applyHost, p string, f NewFile) error {
	after := slices.IndexFunc(h.agreed.Effects, func(e Effect) bool { return e.Thing == kind.PathThing(p) })
	if after < 0 || f.Content == nil || f.Fill != nil || f.From != nil || f.CopyFrom != "" || f.Backup != "" || f.InPlace {
		return errNotBegun
	}
	switch {
	case o.path == "":
		if o.found = f.Found; o.found == nil {
			return errNotBegun
		}
		o.path, o.file.New, o.file.Validate = p, f.New, o.validate
	case o.path != p:
		return errNotBegun
	}
	content, err := whole(ctx, h, *f.Content)
	if err != nil {
		return err
	}
	o.file.Content = &content
	o.entry = *h.agreed.Effects[after].Entry
	o.entry.Content = nil
	o.file.over(f.Meta)
	if f.Validate != nil && (f.Check == "" || !slices.Contains(o.checked, f.Check)) {
		o.checks, o.checked = append(o.checks, f.Validate), append(o.checked, f.Check)
	}
	return nil
}

// wrote reports whether a resolved path is that of the file, and the file is to be another.
func (o *ordered) wrote(p string) bool { return o != nil && o.path != "" && o.path == p }

func (o *ordered) validate(ctx context.Context, tmp string) error {
	for _, check := range o.checks {
		if err := check(ctx, tmp); err != nil {
			return err
		}
	}
	return nil
}

// whole is a content with its bytes, which are pulled if they are not here.
func whole(ctx context.Context, h *applyHost, c Content) (Content, error) {
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
	for name, v := range later.Attributes {
		if m.Attributes == nil {
			m.Attributes = map[string][]byte{}
		}
		m.Attributes[name] = v
	}
	m.AllNames = m.AllNames || later.AllNames
}
