package resource

import (
	"context"
	"errors"
	"io"
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
	found *Entry
	entry Entry
	file  NewFile
	// now is the number of the action that writes. stages are the files that those with a command
	// leave, and the commands.
	now     int
	stages  []stage
	invalid bool // a command failed
}

// stage is what one action of a batch leaves, and has validated.
type stage struct {
	by   int
	file NewFile
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
	if f.Validate != nil {
		left := o.file
		left.Validate, left.Check = f.Validate, f.Check
		o.stages = append(o.stages, stage{o.now, left})
	}
	return nil
}

// wrote reports whether a resolved path is that of the file, and the file is to be another.
func (o *ordered) wrote(p string) bool { return o != nil && o.path != "" && o.path == p }

// validate runs each command once, on what the last action leaves.
func (o *ordered) validate(ctx context.Context, tmp string) error {
	for k, s := range o.stages {
		same := func(earlier stage) bool { return s.file.Check != "" && earlier.file.Check == s.file.Check }
		if slices.ContainsFunc(o.stages[:k], same) {
			continue
		}
		if err := s.file.Validate(ctx, tmp); err != nil {
			o.invalid = true
			return err
		}
		transport.Advance(ctx)
	}
	return nil
}

// errStaged ends a write of which only the command was to run.
var errStaged = errors.New("valid")

// blamed is the number of the action which a failed write is about, and why it failed: the first
// whose command fails on what that action leaves, or else the last one with a command.
func (o *ordered) blamed(ctx context.Context, m *Machine, why error) (at int, err error) {
	if !o.invalid {
		return 0, why
	}
	for _, s := range o.stages {
		check := s.file.Validate
		s.file.Validate = func(ctx context.Context, tmp string) error {
			if err := check(ctx, tmp); err != nil {
				return err
			}
			return errStaged
		}
		if err := m.replace(ctx, o.path, o.found, s.file); !errors.Is(err, errStaged) {
			return s.by, err
		}
	}
	return o.stages[len(o.stages)-1].by, why
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
