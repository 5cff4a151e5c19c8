package files

import (
	"context"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource. What was at the path is put back if there is a backup of it.
// Otherwise the file is removed.
func (f *File) End(e resource.End) (resource.Resource, error) {
	switch {
	case e.Backup != "":
		return &fileBack{*f, string(e.Backup)}, nil
	case e.Adopted:
		return resource.LeaveAdopted(f.Thing(), "path"), nil
	}
	gone := *f
	gone.State, gone.ends = "absent", true
	return &gone, nil
}

// fileBack puts back what was at the path of a file, from the backup of it.
type fileBack struct {
	File
	backup string
}

// Check implements Resource.
func (f *fileBack) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := f.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (f *fileBack) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := f.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err != nil || p.change.Op == resource.NoOp {
		return p.change, err
	}
	if !p.inPlace {
		return p.change, h.PutBack(p.path, f.backup)
	}
	// Another file cannot take its place, so it gets the content of the backup. Cut
	// short before the backup is removed, the next apply does the same again.
	err = h.Replace(ctx, p.path, resource.NewFile{Content: p.content, Meta: p.meta, InPlace: true})
	if err == nil {
		err = h.Remove(f.backup)
	}
	return p.change, err
}

func (f *fileBack) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, f.Validate()); err != nil {
		return writePlan{}, err
	}
	at, err := h.Resolve(string(f.Path), f.Follow)
	if err != nil {
		return writePlan{}, err
	}
	p := writePlan{path: at, name: f.Path, change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}}
	before, err := h.Lstat(at)
	if err != nil {
		return p, err
	}
	kept, err := h.Lstat(f.backup)
	if err != nil {
		return p, err
	}
	if why := f.useless(at, before, kept); why != nil {
		p.change.Stays = []kind.Problem{*why}
		return p, nil
	}
	if before.Type != resource.TypeFile {
		p.change.Stays = noneAnyMore("file", at, before)
		return p, nil
	}
	return p, f.planBack(ctx, h, &p, before, kept)
}

// useless returns why there is nothing to put back, or nil.
func (f *fileBack) useless(at string, before, kept resource.Entry) *kind.Problem {
	switch {
	case path.Dir(f.backup) != path.Dir(at) || !strings.HasPrefix(f.backup, at+"."):
		return kind.NewProblem("path", kind.CodeStays, "The backup is of another path", "The path leads to %s now, and the backup %s is of another file. Neither is changed. Put the backup back by hand if it is needed.", at, f.backup)
	case kept.Type == resource.TypeAbsent:
		return kind.NewProblem("path", kind.CodeStays, "The backup is gone", "%s was a backup of what was at %s before. It is not there any more: it was put back already, or removed. What is at the path stays as it is.", f.backup, at)
	case before.Type == resource.TypeAbsent:
		return kind.NewProblem("path", kind.CodeStays, "The file is gone", "Nothing is at %s any more, so nothing was put back in its place. What was there before is still in %s.", at, f.backup)
	}
	return nil
}

// planBack plans that the backup takes the place of the file.
func (f *fileBack) planBack(ctx context.Context, h resource.Host, p *writePlan, before, kept resource.Entry) error {
	c := &p.change
	now, err := h.Read(ctx, p.path, resource.ComparedContent)
	if err != nil {
		return err
	}
	c.Op, c.Before, c.After, c.Unsure = resource.Update, attrsOf(f.Path, before), map[string]any{"path": f.Path}, now.Unknown
	c.Before["content"] = now
	c.Seen = map[string]any{"backup type": string(kept.Type), "backup target": kept.Target}
	c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &kept}, {Thing: kind.PathThing(f.backup), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
	c.Uses = []string{"backup"}
	if kept.Type != resource.TypeFile {
		c.Op = resource.Replace
		c.Warnings = append(c.Warnings, *kind.NewProblem("path", kind.CodeReplaced, "Something else is replaced", "%s is a file and becomes a %s again, which was there before.", p.path, kept.Type.Noun()))
		c.Leave(before, kept)
		return h.Refused(p.path, true)
	}
	was, err := h.Read(ctx, f.backup, resource.Editable)
	if err != nil {
		return err
	}
	c.After = attrsOf(f.Path, kept)
	c.After["content"], c.Seen["backup content"] = was, was
	c.Unsure = c.Unsure || was.Unknown
	kept.Content = &was
	c.Leave(before, kept)
	if f.InPlace {
		return f.planInPlace(h, p, kept, was)
	}
	return h.Refused(p.path, true)
}

// planInPlace plans that the file gets what the backup holds, as another file cannot take
// its place.
func (f *fileBack) planInPlace(h resource.Host, p *writePlan, kept resource.Entry, was resource.Content) error {
	if !was.Unknown && !was.Whole {
		return kind.NewProblem("in_place", kind.CodeTooLong, "The backup is too long", "%s has %d bytes, and a backup of at most %d is written into the file that is there. Put it back by hand, and then remove it.", f.backup, was.Size, resource.Editable)
	}
	p.inPlace, p.content = true, &was
	p.meta = resource.Meta{UID: &kept.Owner.ID, GID: &kept.Group.ID, Mode: &kept.Mode, AllNames: f.Links}
	p.change.Uses = append(p.change.Uses, "in_place")
	return p.mayOverwrite(h, writeArgs{})
}

// attrsOf are the attributes of a file that a change shows, without what it holds.
func attrsOf(name kind.Text, e resource.Entry) map[string]any {
	return map[string]any{"path": name, "owner": e.Owner.String(), "group": e.Group.String(), "mode": resource.FormatMode(e.Mode)}
}
