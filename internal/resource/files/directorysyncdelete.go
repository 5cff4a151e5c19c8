package files

import (
	"context"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/tree"
	"github.com/mitoplan/mitoplan/transport"
)

// findNeeded finds what delete must not remove: what mitoplan and the next login need.
func (p *syncPlan) findNeeded(h resource.Host, own []kind.Text) error {
	dp := directoryPlan{path: p.path}
	err := (&Directory{Own: own}).findNeeded(h, &dp, func(at string) { p.stay = append(p.stay, at) })
	p.needed = dp.needed
	return err
}

// notNeeded returns the problem that what would go is, or holds, something that is needed.
func (p *syncPlan) notNeeded(at string) error {
	for _, n := range p.needed {
		if n.at == at || within(n.at, at) {
			return kind.NewProblem("delete", kind.CodePurgeNeeded, "What would be deleted is needed",
				"The source does not have %s, so that delete would remove it, and %s is %s. Name it in exclude, move it, or name another path.", at, n.at, n.what)
		}
	}
	return nil
}

// planInTheWay plans that what is at a path of the source goes, since it is of another type.
func (d *DirectorySync) planInTheWay(ctx context.Context, h resource.Host, p *syncPlan, e *tree.Entry, is resource.Entry) error {
	if !d.Delete {
		return kind.NewProblem("path", kind.CodeInTheWay, "Something else is in the way",
			"%s is a %s, and the source has a %s there. Remove it, name it in exclude, or set delete, which removes it.", path.Join(p.path, e.Path), is.Type.Noun(), entryType(e.Sort).Noun())
	}
	r := removal{p: p, h: h, inSource: e.Path}
	all, err := r.look(ctx, e.Path, is)
	if err == nil && !all {
		err = kind.NewProblem("exclude", kind.CodeInTheWay, "What is excluded is in the way",
			"%s is a directory that holds something that exclude names, and the source has a %s there. Move what is in it, or change exclude.", path.Join(p.path, e.Path), entryType(e.Sort).Noun())
	}
	p.inWay = append(p.inWay, r.gone...)
	return err
}

// planExtra plans that what the source does not have goes, if delete is set.
func (d *DirectorySync) planExtra(ctx context.Context, h resource.Host, p *syncPlan) error {
	if !d.Delete {
		return nil
	}
	for _, dir := range append([]string{""}, p.sources()...) {
		names := p.names[dir]
		if names == nil {
			continue
		}
		there, err := h.ReadDir(path.Join(p.path, dir))
		if err != nil {
			return err
		}
		for _, name := range there {
			if names[name] || resource.Leftover(name) {
				continue
			}
			rel := path.Join(dir, name)
			e, err := h.Lstat(path.Join(p.path, rel))
			if err != nil {
				return err
			}
			r := removal{p: p, h: h}
			if e.Type != resource.TypeAbsent {
				if _, err := r.look(ctx, rel, e); err != nil {
					return err
				}
			}
			p.extra = append(p.extra, r.gone...)
		}
	}
	return nil
}

// sources are the directories of the source, in its order.
func (p *syncPlan) sources() (out []string) {
	for _, e := range p.list.Entries {
		if e.Sort == tree.Directory {
			out = append(out, e.Path)
		}
	}
	return out
}

// removal finds what has to go of one thing on the host.
type removal struct {
	p    *syncPlan
	h    resource.Host
	gone []purged // the outermost things of which nothing stays
	// inSource is the path of what is in the way of a thing of the source, which is not excluded.
	inSource string
}

// look looks at a thing and at all that is in it. It returns whether nothing of it stays.
func (r *removal) look(ctx context.Context, rel string, e resource.Entry) (all bool, err error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	transport.Advance(ctx)
	p, at, dir := r.p, path.Join(r.p.path, rel), e.Type == resource.TypeDirectory
	// What a pattern of directories names stays, whatever it is: another block may have a link there.
	if p.exclude.Has(rel, dir || rel != r.inSource) || slices.Contains(p.stay, at) {
		return false, nil
	}
	if err := p.notNeeded(at); err != nil {
		return false, err
	}
	if err := r.h.Refused(at, true); err != nil {
		return false, err
	}
	before := len(r.gone)
	if all = true; dir {
		if all, err = r.inside(ctx, rel); err != nil || !all {
			return false, err
		}
	}
	r.gone = append(r.gone[:before], purged{rel, dir})
	return true, r.note(rel, e)
}

// inside looks at what is in a directory.
func (r *removal) inside(ctx context.Context, rel string) (all bool, err error) {
	names, err := r.h.ReadDir(path.Join(r.p.path, rel))
	if filesystem.NotThere(err) {
		return true, nil
	}
	all = true
	for _, name := range names {
		if err != nil {
			return false, err
		}
		if resource.Leftover(name) {
			continue
		}
		sub := path.Join(rel, name)
		var e resource.Entry
		if e, err = r.h.Lstat(path.Join(r.p.path, sub)); err != nil || e.Type == resource.TypeAbsent {
			continue
		}
		var one bool
		one, err = r.look(ctx, sub, e)
		all = all && one
	}
	return all, err
}

// note has people told that an entry goes.
func (r *removal) note(rel string, e resource.Entry) error {
	c := &r.p.change
	if r.p.deleted++; r.p.deleted > maxDeleted {
		return kind.NewProblem("delete", kind.CodeTooLong, "Very much would be deleted",
			"%s holds more than %d things that the source does not have. Nothing is removed: it may be the wrong directory. Look at it, and remove them by hand or name them in exclude.", r.p.path, maxDeleted)
	}
	if c.Along == nil {
		c.Along = &resource.Along{}
	}
	c.Along.Add(resource.AlongDelete(rel, e))
	r.p.all.Add(rel, e)
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(path.Join(r.p.path, rel)), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	return nil
}

// maxDeleted is how many things delete removes at most. Only tests change it.
var maxDeleted = resource.MaxInside
