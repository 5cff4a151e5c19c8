package resource

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// End implements Resource. Of an adopted line, what the expression matched before is put
// back, if there is a backup that has it.
func (l *Line) End(e End) (Resource, error) {
	switch {
	case l.Line == nil:
		return stays(l.Thing(), kind.NewProblem("line", kind.CodeStays, "The line is not recorded",
			"The line in %s was a secret, which the record does not hold, so it cannot be found and stays. Take it out by hand, or with a block that has state absent.", l.Path)), nil
	case e.Adopted && (e.Backup == "" || l.Regexp == nil):
		return adopted(l.Thing(), "path"), nil
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
	end End
}

// Check implements Resource.
func (l *lineEnd) Check(ctx context.Context, h Host) (Change, error) {
	p, err := l.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (l *lineEnd) Apply(ctx context.Context, h Host) (Change, error) {
	p, err := l.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil {
		err = p.make(ctx, h, l.writeArgs)
	}
	return p.change, err
}

func (l *lineEnd) plan(ctx context.Context, h Host) (writePlan, error) {
	if err := first(h, l.Validate()); err != nil {
		return writePlan{}, err
	}
	at, err := h.Resolve(string(l.Path), true)
	if err != nil {
		return writePlan{}, err
	}
	p := writePlan{path: at, name: l.Path, change: Change{Op: NoOp, Writes: []kind.Thing{kind.PathThing(at)}}}
	before, err := h.Lstat(at)
	switch {
	case err != nil || before.Type == TypeAbsent:
		return p, err
	case before.Type != TypeFile:
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Not a file", "A line was put into %s, which is a %s now and has no lines. If it may go, remove it by hand; then plan again, and the line is forgotten.", at, before.Type.noun())
	}
	now, err := h.Read(ctx, at, editable)
	if err != nil {
		return p, err
	}
	if !now.Unknown && now.Size > editable {
		return p, tooLongToEdit(now)
	}
	p.after = before
	return p, l.planContent(ctx, h, &p, before, now)
}

// planContent works out what the file holds without the line.
func (l *lineEnd) planContent(ctx context.Context, h Host, p *writePlan, before Entry, now Content) error {
	c, after := &p.change, Content{Unknown: true}
	if now.Whole {
		rows, why, err := l.without(ctx, h, rowsOf(now.Data))
		if err != nil {
			return err
		}
		if why != nil {
			c.Stays = []kind.Problem{*why}
		}
		after = contentOf(joinRows(rows))
	}
	made := l.end.made(kind.PathThing(p.path)) && after.Whole && after.Size == 0
	if after.Equal(now) && !made {
		return nil
	}
	c.Op, c.unsure = "", now.Unknown
	c.Before = map[string]any{"path": l.Path, "content": now}
	if made {
		c.Op = Delete
		c.leave(before, Entry{Type: TypeAbsent})
		c.Effects = []Effect{{Thing: kind.PathThing(p.path), Entry: &Entry{Type: TypeAbsent}}}
		p.uses(l.writeArgs)
		return h.Refused(p.path, true)
	}
	after.made = l.plainly(now, after)
	c.After, p.content = map[string]any{"path": l.Path, "content": after}, &after
	p.show(l.writeArgs, ownership{}, before)
	return p.permitted(h, l.writeArgs, before)
}

// plainly is the edit of a line with state absent, if that makes the same of a content.
func (l *lineEnd) plainly(now, after Content) *Edit {
	gone := Line{lineArgs{Line: l.Line.Line, State: "absent"}}
	if edit, err := gone.edit(); err != nil || !now.Whole || !bytes.Equal(edit.apply(now.Data), after.Data) {
		return nil
	}
	return gone.editOf(now)
}

// without returns lines without the one that was put among them, or with what was in its
// place before. why is the reason to leave them as they are.
func (l *lineEnd) without(ctx context.Context, h Host, rows []row) (out []row, why *kind.Problem, err error) {
	ours, was := []byte(*l.Line.Line), []byte(nil)
	if l.end.Adopted {
		if ours, was, why, err = l.replaced(ctx, h); err != nil || why != nil {
			return rows, why, err
		}
	}
	is := func(r row) bool { return bytes.Equal(r.text, ours) }
	at := slices.IndexFunc(rows, is)
	switch {
	case at < 0:
		return rows, nil, nil
	case slices.ContainsFunc(rows[at+1:], is):
		return rows, kind.NewProblem("line", kind.CodeStays, "The line is there several times",
			"%s holds the line more than once, and which of them was put there by mitoplan cannot be told. All of them stay. Take it out by hand if it should go.", l.Path), nil
	case l.end.Adopted:
		out = slices.Clone(rows)
		out[at].text = was
		return out, nil, nil
	}
	out = slices.Delete(slices.Clone(rows), at, at+1)
	if last := len(out) - 1; l.end.Unended && at == len(out) && last >= 0 {
		out[last].end = nil
	}
	return out, nil, nil
}

// replaced returns what the edit made of a line, and that line as the backup has it.
func (l *lineEnd) replaced(ctx context.Context, h Host) (ours, was []byte, why *kind.Problem, err error) {
	edit, err := l.edit()
	if err != nil {
		return nil, nil, nil, err
	}
	kept, err := h.Lstat(string(l.end.Backup))
	if err != nil {
		return nil, nil, nil, err
	}
	var c Content
	if kept.Type == TypeFile {
		if c, err = h.Read(ctx, string(l.end.Backup), editable); err != nil {
			return nil, nil, nil, err
		}
	}
	rows := rowsOf(c.Data)
	at := edit.lastMatch(rows, edit.regexp)
	if at < 0 {
		return nil, nil, kind.NewProblem("line", kind.CodeStays, "The backup does not have the line",
			"%s is a backup of what was in %s before. It is gone, or holds no line that regexp matches. The line stays as it is.", l.end.Backup, l.Path), nil
	}
	return edit.lineFor(rows[at].text), rows[at].text, nil, nil
}
