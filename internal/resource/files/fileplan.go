package files

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// wanted is what the file should hold; nil leaves it as it is.
func (f *File) wanted(ctx context.Context, h resource.Host) (*resource.Content, error) {
	if f.given != nil {
		return f.given, nil
	}
	if h.Unknown("content") || h.Unknown("content_base64") || h.Unknown("source") || h.Unknown("source_content") || h.Unknown("copy_from") || h.Unknown("fragments") {
		return &resource.Content{Unknown: true}, nil
	}
	switch {
	case f.CopyFrom != nil:
		c, err := f.copied(ctx, h)
		return &c, err
	case f.Fragments != nil:
		c := resource.ContentOf(f.joined())
		return &c, nil
	}
	for _, arg := range []struct {
		name  string
		value *kind.Content
	}{{"content", f.Content}, {"content_base64", f.ContentBase64}, {"source_content", f.Sent}} {
		if arg.value != nil {
			c, err := resource.ArgContent(arg.name, *arg.value)
			return &c, err
		}
	}
	return nil, nil
}

// Thing implements Resource.
func (f *File) Thing() kind.Thing { return kind.PathThing(string(f.Path)) }

// Check implements Resource.
func (f *File) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := f.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (f *File) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := f.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	err = p.make(ctx, h, f.writeArgs)
	return p.change, err
}

func (f *File) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, f.Validate()); err != nil {
		return writePlan{}, err
	}
	if f.Source != nil && f.Sent == nil && !h.Unknown("source") && !h.Unknown("source_content") {
		return writePlan{}, kind.NewProblem("source", kind.CodeSource, "The content is missing", "The content of %s did not arrive with the request. No empty file was made instead. Apply again; if it happens again, report it.", *f.Source)
	}
	at, err := h.Resolve(string(f.Path), f.Follow)
	if err != nil {
		return writePlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return writePlan{}, err
	}
	p := writePlan{path: at, name: f.Path, change: resource.Change{Writes: []kind.Thing{kind.PathThing(at)}}}
	if f.ends && before.Type != resource.TypeFile && before.Type != resource.TypeAbsent {
		p.change.Op, p.change.Stays = resource.NoOp, noneAnyMore("file", at, before)
		return p, nil
	}
	if f.State == "absent" {
		p.change.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		return p, f.planAbsent(ctx, h, &p, before)
	}
	return p, f.planPresent(ctx, h, &p, before)
}

func (f *File) planAbsent(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry) error {
	c := &p.change
	switch before.Type {
	case resource.TypeAbsent:
		c.Op = resource.NoOp
		return nil
	case resource.TypeFile:
		now, err := h.Read(ctx, p.path, resource.ComparedContent)
		if err != nil {
			return err
		}
		c.Before = map[string]any{"path": f.Path, "content": now}
		c.Unsure = now.Unknown
		if f.ends { // that it holds something else now counts as well
			c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		}
	case resource.TypeDirectory:
		if err := f.emptyDirectory(h, p); err != nil {
			return err
		}
		fallthrough
	default:
		c.Before = map[string]any{"path": f.Path}
		c.Seen = map[string]any{"type": string(before.Type), "target": before.Target}
	}
	c.Op = resource.Delete
	c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
	p.uses(f.writeArgs)
	if err := f.uses(h, p); err != nil {
		return err
	}
	return h.Refused(p.path, true)
}

// uses adds to Change.Uses those arguments of this kind alone that decide how the
// file is written; writePlan.uses adds the others.
func (f *File) uses(h resource.Host, p *writePlan) error {
	c := &p.change
	if f.Force && (c.Op == resource.Replace || c.Op == resource.Delete && c.Seen["type"] == string(resource.TypeDirectory)) {
		c.Uses = append(c.Uses, "force")
	}
	if !f.replaces() && f.contents() > 0 && c.Op == resource.Update {
		c.Uses = append(c.Uses, "replace")
	}
	if !f.Follow || c.Op == resource.NoOp {
		return nil
	}
	link, err := h.Resolve(string(f.Path), false)
	if err == nil && link != p.path {
		c.Uses = append(c.Uses, "follow")
	}
	return err
}

// emptyDirectory returns why a directory at the path is not removed, or nil: force
// removes one that is empty.
func (f *File) emptyDirectory(h resource.Host, p *writePlan) error {
	if !f.Force {
		return kind.NewProblem("path", kind.CodeInTheWay, "A directory is at the path", "%s is a directory. To remove it use the kind directory, or set force if it is empty.", p.path)
	}
	return f.isEmpty(h, p)
}

func (f *File) isEmpty(h resource.Host, p *writePlan) error {
	names, err := h.ReadDir(p.path)
	if err == nil && len(names) > 0 {
		err = kind.NewProblem("path", kind.CodeInTheWay, "A directory is in the way", "%s is a directory that is not empty, and a file does not replace it. Remove it first, or name another path.", p.path)
	}
	return err
}

func (f *File) planPresent(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry) error {
	own, err := f.ownership(h)
	if err != nil {
		return err
	}
	base := before
	if before.Type != resource.TypeFile {
		if base, err = f.planNew(h, p, before); err != nil {
			return err
		}
	}
	if f.CopyFrom != nil && !h.Unknown("copy_from") {
		if base, err = f.notMoreOpen(h, p, base, before); err != nil {
			return err
		}
	}
	p.after, p.meta = own.on(base, false)
	if base.Type == resource.TypeFile && before.Type != resource.TypeFile && f.CopyFrom != nil && p.meta.Mode == nil {
		p.meta.Mode = &base.Mode
	}
	p.meta.AllNames = f.Links
	p.change.Warnings = append(p.change.Warnings, own.lost(p.path, before, p.after)...)
	own.unknown = append(own.unknown, slices.DeleteFunc(slices.Clone(extendedNames), func(name string) bool { return !h.Unknown(name) })...)
	if err := f.planExtended(h, p, before, p.meta.UID != nil || p.meta.GID != nil); err != nil {
		return err
	}
	if err := f.planContent(ctx, h, p, before); err != nil {
		return err
	}
	p.show(f.writeArgs, own, before)
	p.showExtended(before)
	if p.private && p.change.Op != resource.NoOp {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("copy_from", kind.CodePrivate, "The content is not shown",
			"Not everybody may read %s, so that no plan shows what it holds. A new copy gets no more than its permissions, unless mode is set.", *f.CopyFrom))
	}
	if err := f.uses(h, p); err != nil {
		return err
	}
	return p.permitted(h, f.writeArgs, base)
}

// planNew checks that a new file can be made: its directory is there, and nothing is
// in the way that may not be replaced. It returns what the file is made with.
func (f *File) planNew(h resource.Host, p *writePlan, before resource.Entry) (resource.Entry, error) {
	if before.Type == resource.TypeAbsent && !f.creates() {
		return resource.Entry{}, kind.NewProblem("path", kind.CodeMissing, "The file does not exist",
			"%s does not exist, no resource before this one makes it on this machine, and create is false. Leave create out to make it; if the file may be missing, check it with a call of stat and set enabled.", p.path)
	}
	parent, err := parentOf(h, p.path)
	if err != nil {
		return resource.Entry{}, err
	}
	p.change.Op = resource.Create
	if before.Type != resource.TypeAbsent {
		if err := f.inTheWay(h, p, before); err != nil {
			return resource.Entry{}, err
		}
		p.change.Op = resource.Replace
	}
	return resource.Newborn(h, resource.TypeFile, parent)
}

func (f *File) inTheWay(h resource.Host, p *writePlan, before resource.Entry) error {
	what := before.Type.Noun()
	if before.Type == resource.TypeLink {
		what = fmt.Sprintf("link to %s", before.Target)
	}
	if before.Type == resource.TypeDirectory {
		if err := f.isEmpty(h, p); err != nil {
			return err
		}
	}
	if !f.Force {
		return kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path",
			"%s is a %s and no file. Set force to replace it, or follow to manage the file that a link points to.", p.path, what)
	}
	p.change.Seen = map[string]any{"type": string(before.Type), "target": before.Target}
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeReplaced, "Something else is replaced", "%s is a %s and becomes a file.", p.path, what))
	return nil
}

func (f *File) planContent(ctx context.Context, h resource.Host, p *writePlan, before resource.Entry) error {
	want, err := f.wanted(ctx, h)
	if err == nil {
		err = f.checked(want)
	}
	if err != nil {
		return err
	}
	if f.CopyFrom != nil && !want.Unknown && !want.Whole {
		if p.copyFrom, err = h.Resolve(string(*f.CopyFrom), true); err != nil {
			return ofCopyFrom(err)
		}
	}
	c := &p.change
	c.Before, c.After = map[string]any{"path": f.Path}, map[string]any{"path": f.Path}
	if before.Type != resource.TypeFile {
		if before.Type == resource.TypeAbsent {
			c.Before = nil
		}
		if want == nil {
			empty := resource.ContentOf(nil)
			want = &empty
		}
		p.content, c.After["content"] = want, *want
		return nil
	}
	if want == nil || !f.replaces() {
		return nil
	}
	now, err := readToCompare(ctx, h, p.path, *want)
	if err != nil {
		return err
	}
	if h.KernelFile(p.path) && now.Whole && !want.Unknown {
		setting, err := resource.Whole(ctx, h, *want, resource.ComparedContent)
		if err != nil {
			return err
		}
		p.given = setting.Data
		if form := resource.KernelForm(now.Data, setting.Data); !bytes.Equal(form, setting.Data) {
			shown := resource.ContentOf(form)
			shown.Form, want = true, &shown
		}
	}
	c.Before["content"], c.After["content"] = now, *want
	c.Unsure = now.Unknown
	p.anew = want.Equal(now) && !f.InPlace && !want.Unknown && !p.meta.Empty() && resource.Loose(h, p.path, f.Links, before)
	if !want.Equal(now) || p.anew {
		p.content = want
	}
	return nil
}

// readToCompare reads a file that is to hold want, with its bytes if there is a difference
// to show. A long one may not have to be read at all to see that there is none.
func readToCompare(ctx context.Context, h resource.Host, p string, want resource.Content) (resource.Content, error) {
	if !want.Unknown && want.Size >= hostcache.Large {
		now, err := h.Read(ctx, p, hostcache.Large-1)
		if err != nil || now.Whole || now.Equal(want) || now.Size > resource.ComparedContent {
			return now, err
		}
	}
	return h.Read(ctx, p, resource.ComparedContent)
}
