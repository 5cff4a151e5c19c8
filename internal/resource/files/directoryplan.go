package files

import (
	"context"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// directoryPlan is a Change of a directory, and how it is made.
type directoryPlan struct {
	change resource.Change
	path   string
	meta   resource.Meta
	// above are missing directories to make first, the topmost first.
	above []string
	below []entryBelow
	// purged are what no block declares.
	purged []purged
	needed []neededPath
	full   bool // a directory that is removed has something in it
	// strange is set if a file with other names is changed because of hard_links.
	strange bool
	// occurs are the owners and permissions that occur below, if they matter.
	occurs below
}

// Thing implements Resource.
func (d *Directory) Thing() kind.Thing { return kind.PathThing(string(d.Path)) }

// Check implements Resource.
func (d *Directory) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (d *Directory) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	err = d.make(ctx, h, &p)
	return p.change, err
}

func (d *Directory) plan(ctx context.Context, h resource.Host) (directoryPlan, error) {
	if err := resource.FirstProblem(h, d.Validate()); err != nil {
		return directoryPlan{}, err
	}
	at, err := h.Resolve(string(d.Path), d.State != "absent")
	if err != nil {
		return directoryPlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return directoryPlan{}, err
	}
	p := directoryPlan{path: at, change: resource.Change{Writes: []kind.Thing{kind.PathThing(at)}}}
	if before.Type != resource.TypeAbsent && before.Type != resource.TypeDirectory {
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path", "%s is a %s and not a directory. Remove it first, or name another path.", at, before.Type.Noun())
	}
	if d.State == "absent" {
		p.change.Leave(before, resource.Entry{Type: resource.TypeAbsent})
		return p, d.planAbsent(ctx, h, &p, before)
	}
	return p, d.planPresent(ctx, h, &p, before)
}

func (d *Directory) planAbsent(ctx context.Context, h resource.Host, p *directoryPlan, before resource.Entry) error {
	c := &p.change
	if before.Type == resource.TypeAbsent {
		c.Op = resource.NoOp
		return nil
	}
	names, err := h.ReadDir(p.path)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, resource.Leftover)
	if len(names) > 0 && !d.Recurse {
		return kind.NewProblem("path", kind.CodeNotEmpty, "The directory is not empty",
			"%s contains %s. Set recurse to remove it with everything inside.", p.path, prose.List(prose.Quoted(names), 1))
	}
	p.full = len(names) > 0
	c.Op = resource.Delete
	c.Before = map[string]any{"path": d.Path}
	c.Seen = map[string]any{"entries": ""} // Empty, and to stay it.
	c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
	if err := h.Refused(p.path, true); err != nil || !p.full {
		return err
	}
	if err := h.Mounted(p.path); err != nil {
		return err
	}
	c.Uses = []string{"recurse"}
	return d.planInside(ctx, h, p)
}

// planInside finds what is removed together with a directory, and what of it this
// user may not remove.
func (d *Directory) planInside(ctx context.Context, h resource.Host, p *directoryPlan) error {
	c, all := &p.change, resource.EntriesDigest{}
	c.Along = &resource.Along{}
	var allowed func(rel string) error
	if uid, _ := h.Self(); uid != 0 { // Root may remove whatever is in a directory that is removed.
		allowed = func(rel string) error { return h.Refused(path.Join(p.path, rel), true) }
	}
	err := c.Along.AddInside(ctx, h, p.path, "", &all, allowed)
	c.Seen = map[string]any{"entries": all.String()}
	return err
}

func (d *Directory) planPresent(ctx context.Context, h resource.Host, p *directoryPlan, before resource.Entry) error {
	own, err := ownershipOf(h, d.Owner, d.Group, d.Mode)
	if err != nil {
		return err
	}
	c, base := &p.change, before
	c.Before, c.After = map[string]any{"path": d.Path}, map[string]any{"path": d.Path}
	if before.Type == resource.TypeAbsent {
		c.Op, c.Before = resource.Create, nil
		if base, err = d.planAbove(h, p); err != nil {
			return err
		}
	} else {
		own.show(c.Before, before, true)
	}
	after, meta := own.on(base, true)
	p.meta = meta
	own.show(c.After, after, false)
	c.Leave(before, after)
	p.occurs.top, p.occurs.mode = [2]resource.Entry{before, after}, own.mode
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(p.path), Entry: &after})
	if d.Purge && before.Type == resource.TypeDirectory {
		if err := d.planPurge(ctx, h, p); err != nil {
			return err
		}
	}
	if d.Recurse && before.Type == resource.TypeDirectory {
		if err := d.planBelow(ctx, h, p, own); err != nil {
			return err
		}
	}
	if d.Recurse {
		c.Left = append(c.Left, p.occurs.traits(1, own, d.Mode)...)
	}
	if c.Op == "" {
		c.Op = resource.NoOp
		if !meta.Empty() || len(own.unknown) > 0 || len(p.below) > 0 || len(p.purged) > 0 {
			c.Op = resource.Update
		}
	}
	return d.permitted(h, p, base)
}

func (d *Directory) permitted(h resource.Host, p *directoryPlan, base resource.Entry) error {
	if p.change.Op == resource.NoOp {
		return nil
	}
	at := p.path
	if len(p.above) > 0 {
		at = p.above[0]
	}
	if err := h.Refused(at, p.change.Op == resource.Create); err != nil {
		return err
	}
	return allowed(h, p.meta, base)
}

// planAbove finds the missing directories above, and returns the owner and mode that
// the new one is made with.
func (d *Directory) planAbove(h resource.Host, p *directoryPlan) (resource.Entry, error) {
	dir := path.Dir(p.path)
	above, err := h.Lstat(dir)
	for err == nil && above.Type == resource.TypeAbsent {
		p.above = append(p.above, dir)
		dir = path.Dir(dir)
		above, err = h.Lstat(dir)
	}
	if err != nil {
		return resource.Entry{}, err
	}
	if above.Type != resource.TypeDirectory {
		return resource.Entry{}, kind.NewProblem("path", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so nothing can be in it. Look at what is there, or name another path.", dir, above.Type.Noun())
	}
	slices.Reverse(p.above)
	for _, missing := range p.above {
		if above, err = resource.Newborn(h, resource.TypeDirectory, above); err != nil {
			return resource.Entry{}, err
		}
		made := above
		p.change.Keep().Along = append(p.change.Keep().Along, kind.PathThing(missing))
		p.change.Effects = append(p.change.Effects, resource.Effect{Thing: kind.PathThing(missing), Entry: &made})
		p.change.AlongMade(missing, made)
	}
	return resource.Newborn(h, resource.TypeDirectory, above)
}

func (d *Directory) make(ctx context.Context, h resource.Host, p *directoryPlan) error {
	switch p.change.Op {
	case resource.NoOp:
		return nil
	case resource.Delete:
		if p.full {
			return h.RemoveTree(ctx, p.path)
		}
		return h.Remove(p.path)
	case resource.Create:
		for _, dir := range p.above {
			if err := h.EnsureDir(dir); err != nil {
				return err
			}
		}
		return h.Mkdir(p.path, p.meta)
	}
	if err := p.purge(ctx, h); err != nil {
		return err
	}
	// What is inside goes first: once the directory has another owner, they
	// can put something else there.
	for _, b := range slices.Backward(p.below) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		if err := h.SetBelow(p.path, b.rel, b.meta); err != nil && !filesystem.NotThere(err) {
			return err
		}
	}
	if p.meta.Empty() {
		return nil
	}
	return h.SetMeta(p.path, p.meta)
}
