package files

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// End implements Resource. Of an adopted line, what the expression matched before is put
// back, if there is a backup that has it.
func (l *Line) End(e resource.End) (resource.Resource, error) {
	switch {
	case l.Line == nil:
		return resource.LeaveAlone(l.Thing(), kind.NewProblem("line", kind.CodeStays, "The line is not recorded",
			"The line in %s was a secret, which the record does not hold, so it cannot be found and stays. Take it out by hand, or with a block that has state absent.", l.Path)), nil
	case e.Adopted && (e.Backup == "" || l.Regexp == nil):
		return resource.LeaveAdopted(l.Thing(), "path"), nil
	}
	gone := *l
	gone.Owner, gone.Group, gone.Mode, gone.InsertAfter, gone.InsertBefore = nil, nil, nil, nil, nil
	gone.Backup = l.Backup && e.Backup == "" // One is there already.
	return &lineEnd{gone, e}, nil
}

// lineEnd takes one line out of a file, and removes a file that was made for it and holds
// nothing else. Of an adopted line it puts back what was in its place.
type lineEnd struct {
	Line
	end resource.End
}

// Check implements Resource.
func (l *lineEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (l *lineEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil {
		err = p.make(ctx, h, l.writeArgs)
	}
	return p.change, err
}

func (l *lineEnd) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, l.Validate()); err != nil {
		return writePlan{}, err
	}
	at, err := h.Resolve(string(l.Path), true)
	if err != nil {
		return writePlan{}, err
	}
	p := writePlan{path: at, name: l.Path, change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}}
	before, err := h.Lstat(at)
	switch {
	case err != nil || before.Type == resource.TypeAbsent:
		return p, err
	case before.Type != resource.TypeFile:
		p.change.Stays = noneAnyMore("file", at, before)
		return p, nil
	}
	now, err := h.Read(ctx, at, resource.Editable)
	if err != nil {
		return p, err
	}
	if !now.Unknown && now.Size > resource.Editable {
		return p, tooLongToEdit(now)
	}
	p.after = before
	return p, l.planContent(ctx, h, &p, before, now)
}

// planContent works out what the file holds without the line.
func (l *lineEnd) planContent(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry, now resource.Content) error {
	c, after := &p.change, resource.Content{Unknown: true}
	if now.Whole {
		rows, why, err := l.without(ctx, h, edit.RowsOf(now.Data))
		if err != nil {
			return err
		}
		if why != nil {
			c.Stays = []kind.Problem{*why}
		}
		after = resource.ContentOf(edit.JoinRows(rows))
	}
	made := l.end.Made(kind.PathThing(p.path)) && after.Whole && after.Size == 0
	if after.Equal(now) && !made {
		return nil
	}
	c.Op, c.Unsure = "", now.Unknown
	c.Before = map[string]any{"path": l.Path, "content": now}
	if made {
		c.Op = resource.Delete
		c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
		p.uses(l.writeArgs)
		return h.Refused(p.path, true)
	}
	after.Made = l.plainly(now, after)
	c.After, p.content = map[string]any{"path": l.Path, "content": after}, &after
	p.show(l.writeArgs, ownership{}, before)
	return p.permitted(h, l.writeArgs, before)
}

// plainly is the edit of a line with state absent, if that makes the same of a content.
func (l *lineEnd) plainly(now, after resource.Content) *resource.Edit {
	gone := edit.Args{Line: l.Line.Line, State: "absent"}
	if lines, err := gone.Compile(); err != nil || !now.Whole || !bytes.Equal(lines.Apply(now.Data), after.Data) {
		return nil
	}
	return resource.EditOf(now, gone)
}

// without returns lines without the one that was put among them, or with what was in its
// place before. why is the reason to leave them as they are.
func (l *lineEnd) without(ctx context.Context, h resource.Host, rows []edit.Row) (out []edit.Row, why *kind.Problem, err error) {
	ours, was := []byte(*l.Line.Line), []byte(nil)
	if l.end.Adopted {
		if ours, was, why, err = l.replaced(ctx, h); err != nil || why != nil {
			return rows, why, err
		}
	}
	is := func(r edit.Row) bool { return bytes.Equal(r.Text, ours) }
	at := slices.IndexFunc(rows, is)
	switch {
	case at < 0:
		return rows, nil, nil
	case slices.ContainsFunc(rows[at+1:], is):
		return rows, kind.NewProblem("line", kind.CodeStays, "The line is there several times",
			"%s holds the line more than once, and which of them was put there by mitoplan cannot be told. All of them stay. Take it out by hand if it should go.", l.Path), nil
	case l.end.Adopted:
		out = slices.Clone(rows)
		out[at].Text = was
		return out, nil, nil
	}
	out = slices.Delete(slices.Clone(rows), at, at+1)
	if last := len(out) - 1; l.end.Unended && at == len(out) && last >= 0 {
		out[last].End = nil
	}
	return out, nil, nil
}

// replaced returns what the edit made of a line, and that line as the backup has it.
func (l *lineEnd) replaced(ctx context.Context, h resource.Host) (ours, was []byte, why *kind.Problem, err error) {
	lines, err := l.edit().Compile()
	if err != nil {
		return nil, nil, nil, err
	}
	kept, err := h.Lstat(string(l.end.Backup))
	if err != nil {
		return nil, nil, nil, err
	}
	var c resource.Content
	if kept.Type == resource.TypeFile {
		if c, err = h.Read(ctx, string(l.end.Backup), resource.Editable); err != nil {
			return nil, nil, nil, err
		}
	}
	rows := edit.RowsOf(c.Data)
	at := lines.LastMatch(rows, lines.Regexp)
	if at < 0 {
		return nil, nil, kind.NewProblem("line", kind.CodeStays, "The backup does not have the line",
			"%s is a backup of what was in %s before. It is gone, or holds no line that regexp matches. The line stays as it is.", l.end.Backup, l.Path), nil
	}
	return lines.LineFor(rows[at].Text), rows[at].Text, nil, nil
}
