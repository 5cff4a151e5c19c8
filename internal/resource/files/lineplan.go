package files

import (
	"bytes"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (l *Line) Thing() kind.Thing { return kind.PathThing(string(l.Path)) }

// Check implements Resource.
func (l *Line) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (l *Line) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	err = p.make(ctx, h, l.writeArgs)
	return p.change, err
}

func (l *Line) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, l.Validate()); err != nil {
		return writePlan{}, err
	}
	at, err := h.Resolve(string(l.Path), true)
	if err != nil {
		return writePlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return writePlan{}, err
	}
	p := writePlan{path: at, name: l.Path, change: resource.Change{Writes: []kind.Thing{kind.PathThing(at)}}}
	switch {
	case before.Type == resource.TypeAbsent && l.State == "absent":
		p.change.Op = resource.NoOp
		p.change.Leave(before, before)
		return p, nil
	case before.Type != resource.TypeAbsent && before.Type != resource.TypeFile:
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Not a file", "%s is a %s, which has no lines.", at, before.Type.Noun())
	}
	return p, l.planFile(ctx, h, &p, before)
}

// planFile plans the edit, and what the block says of owner and permissions.
func (l *Line) planFile(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry) error {
	own, err := l.ownership(h)
	if err != nil {
		return err
	}
	base := before
	if before.Type == resource.TypeAbsent {
		if base, err = l.planNew(h, p); err != nil {
			return err
		}
	}
	p.after, p.meta = own.on(base, false)
	p.meta.AllNames = l.Links
	p.change.Warnings = append(p.change.Warnings, own.lost(p.path, before, p.after)...)
	if err := l.planContent(ctx, h, p, before); err != nil || p.change.Op == resource.NoOp {
		return err
	}
	p.show(l.writeArgs, own, before)
	l.leave(&p.change)
	if l.Create && p.change.Op == resource.Create {
		p.change.Keep().Along = p.change.Writes
		p.change.Uses = append(p.change.Uses, "create")
	}
	return p.permitted(h, l.writeArgs, base)
}

// planNew returns the owner and mode that a missing file is made with, or a problem
// if create is not set.
func (l *Line) planNew(h resource.Host, p *writePlan) (resource.Entry, error) {
	if !l.Create {
		return resource.Entry{}, kind.NewProblem("path", kind.CodeMissing, "The file does not exist", "%s does not exist, and no resource before this one makes it on this machine. Set create to make it with only this line.", p.path)
	}
	p.change.Op = resource.Create
	parent, err := parentOf(h, p.path)
	if err != nil {
		return resource.Entry{}, err
	}
	return resource.Newborn(h, resource.TypeFile, parent)
}

// planContent runs the edit and fills in what the Change says of it.
func (l *Line) planContent(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry) error {
	c, now := &p.change, resource.ContentOf(nil)
	if before.Type == resource.TypeFile {
		var err error
		if now, err = h.Read(ctx, p.path, resource.Editable); err != nil {
			return err
		}
		c.Before = map[string]any{"path": l.Path, "content": now}
	}
	after, err := l.edited(h, now)
	if err != nil {
		return err
	}
	c.Results = map[string]any{"content": after}
	if c.Op == resource.Create && l.Backrefs && !after.Unknown && after.Size == 0 {
		c.Op = resource.NoOp // Nothing can match in a file that is not there.
		c.Leave(before, before)
		return nil
	}
	c.Unsure = now.Unknown
	c.After = map[string]any{"path": l.Path, "content": after}
	if c.Op == resource.Create || !after.Equal(now) || !l.InPlace && !p.meta.Empty() && resource.Loose(h, p.path, l.Links, before) {
		p.content = &after
		after.Made = resource.EditOf(now, *l.edit())
		added(c, now, after)
	}
	return nil
}

// added notes for the end of a line that an edit adds it: no other edit makes more lines.
func added(c *resource.Change, now, after resource.Content) {
	was, is := edit.RowsOf(now.Data), edit.RowsOf(after.Data)
	if !now.Whole || !after.Whole || len(is) != len(was)+1 {
		return
	}
	c.Made = true
	if last := len(was) - 1; last >= 0 && len(was[last].End) == 0 && len(is[last].End) > 0 {
		c.Keep().Unended = true
	}
}

// edited is what the file holds after the edit. It is unknown if the file or the
// arguments are.
func (l *Line) edited(h resource.Host, now resource.Content) (resource.Content, error) {
	for _, attr := range []string{"line", "regexp", "backrefs", "insert_after", "insert_before", "state"} {
		if h.Unknown(attr) {
			return resource.Content{Unknown: true}, nil
		}
	}
	lines, err := l.edit().Compile()
	if err != nil {
		return resource.Content{}, err
	}
	if !now.Unknown && now.Size > resource.Editable {
		return resource.Content{}, tooLongToEdit(now)
	}
	if !now.Whole {
		return resource.Content{Unknown: true}, nil
	}
	once := lines.Apply(now.Data)
	if twice := lines.Apply(once); !bytes.Equal(once, twice) {
		return resource.Content{}, kind.NewProblem("regexp", kind.CodeNotIdempotent, "The edit would never end",
			"The same edit would change the file again after it was made, and so at every apply. Write a regexp that matches only the lines to edit and, of those, leaves the edited line as it is.")
	}
	return resource.ContentOf(once), nil
}

func tooLongToEdit(now resource.Content) error {
	return kind.NewProblem("path", kind.CodeTooLong, "The file is too long", "Lines are edited in files of at most %d bytes; this one has %d.", resource.Editable, now.Size)
}
