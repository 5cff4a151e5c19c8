package files

import (
	"bytes"
	"context"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// partEnd is a block whose edit can be taken out of the file again.
type partEnd interface {
	partEdit
	// without returns a content without what an apply made of the part, or with what was
	// there before. why is the reason to leave it as it is.
	without(ctx context.Context, h resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error)
	// gone is the edit that takes the part out, whatever was there before.
	gone() edit.Any
}

// editEnd takes a part out of a file, and removes a file that was made for it and holds
// nothing else. Of an adopted part it puts back what was in its place.
type editEnd struct {
	partEnd
	end resource.End
}

// Check implements Resource.
func (l *editEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (l *editEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return l.carryOut(ctx, h, p, err)
}

// carryOut makes what was planned, if that went well.
func (l *editEnd) carryOut(ctx context.Context, h resource.Host, p *endPlan, err error) (resource.Change, error) {
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil {
		err = p.make(ctx, h, l.target().writeArgs)
	}
	if err == nil {
		err = removeAbove(h, p.above)
	}
	return p.change, err
}

// endPlan is the end of an edit that is being planned.
type endPlan struct {
	writePlan
	// above are directories that were made for the file and go with it.
	above []string
}

func (l *editEnd) plan(ctx context.Context, h resource.Host) (*endPlan, error) {
	p := &endPlan{}
	before, err := p.find(h, l, l.target().path)
	p.change.Op = resource.NoOp
	switch {
	case err != nil:
		return p, err
	case before.Type == resource.TypeAbsent:
		return p, l.planAbove(h, p, nil)
	case before.Type != resource.TypeFile:
		p.change.Stays = noneAnyMore("file", p.path, before)
		return p, nil
	}
	now, err := h.Read(ctx, p.path, resource.Editable)
	if err != nil {
		return p, err
	}
	if !now.Unknown && now.Size > resource.Editable {
		return p, tooLongToEdit(now)
	}
	p.after = before
	return p, l.planContent(ctx, h, p, before, now)
}

// planContent works out what the file holds without the part.
func (l *editEnd) planContent(ctx context.Context, h resource.Host, p *endPlan, before resource.Entry, now resource.Content) error {
	c, after := &p.change, resource.Content{Unknown: true}
	if now.Whole {
		out, why, err := l.without(ctx, h, l.end, now.Data)
		if err != nil {
			return err
		}
		if why != nil {
			out, c.Stays = now.Data, []kind.Problem{*why}
		}
		after = resource.ContentOf(out)
	}
	made := l.end.Made(kind.PathThing(p.path)) && after.Whole && after.Size == 0
	if after.Equal(now) && !made {
		return nil
	}
	write := l.target().writeArgs
	c.Op, c.Unsure = "", now.Unknown
	c.Before = map[string]any{"path": p.name, "content": now}
	if made {
		c.Op = resource.Delete
		c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		leaveParts(l, c)
		c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
		p.uses(write)
		if err := l.planAbove(h, p, []string{p.path}); err != nil {
			return err
		}
		return h.Refused(p.path, true)
	}
	after.Made = l.plainly(now, after)
	c.After, p.content = map[string]any{"path": p.name, "content": after}, &after
	p.show(write, ownership{}, before)
	leaveParts(l, c)
	return p.permitted(h, write, before)
}

// planAbove plans that the directories go which were made for the file, if nothing is in them
// besides it. gone is the file, nothing if that is gone already.
func (l *editEnd) planAbove(h resource.Host, p *endPlan, gone []string) error {
	all, err := madeAbove(h, l.end.Kept, p.path, gone)
	p.above = all[len(gone):]
	if err != nil || len(p.above) == 0 {
		return err
	}
	c := &p.change
	if c.Op = resource.Delete; c.Before == nil {
		c.Before = map[string]any{"path": p.name}
		c.Leave(resource.Entry{Type: resource.TypeAbsent}, resource.Entry{Type: resource.TypeAbsent})
	}
	c.Seen = map[string]any{"directories": strings.Join(p.above, "\n")}
	for _, dir := range p.above {
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(dir), Entry: &resource.Entry{Type: resource.TypeAbsent}})
		alongDelete(c, dir)
	}
	return h.Refused(p.above[0], true)
}

// plainly is the edit of a part with state absent, if that makes the same of a content.
func (l *editEnd) plainly(now, after resource.Content) *resource.Edit {
	gone := l.gone()
	if !now.Whole {
		return nil
	}
	if is, err := gone.Apply(now.Data); err != nil || !bytes.Equal(is, after.Data) {
		return nil
	}
	return resource.EditOf(now, gone)
}

// backupOfEdit is what a file held before the first edit; nothing if the backup is gone.
func backupOfEdit(ctx context.Context, h resource.Host, e resource.End) ([]byte, error) {
	kept, err := h.Lstat(string(e.Backup))
	if err != nil || kept.Type != resource.TypeFile {
		return nil, err
	}
	c, err := h.Read(ctx, string(e.Backup), resource.Editable)
	return c.Data, err
}

// unended takes the line end away that a last line got as something was put behind it.
func unended(rows []edit.Row, e resource.End, wasLast bool) []edit.Row {
	if last := len(rows) - 1; e.Unended && wasLast && last >= 0 {
		rows[last].End = nil
	}
	return rows
}

// among are the indices of the lines that are one of some texts.
func among(rows []edit.Row, texts [][]byte) []int {
	is := map[string]bool{}
	for _, text := range texts {
		is[string(text)] = true
	}
	var at []int
	for i, r := range rows {
		if is[string(r.Text)] {
			at = append(at, i)
		}
	}
	return at
}
