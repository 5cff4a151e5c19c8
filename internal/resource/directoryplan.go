package resource

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// directoryPlan is a Change of a directory, and how it is made.
type directoryPlan struct {
	change Change
	path   string
	meta   Meta
	// above are missing directories to make first, the topmost first.
	above []string
	below []entryBelow
	full  bool // a directory that is removed has something in it
	// strange is set if a file with other names is changed because of hard_links.
	strange bool
	// occurs are the owners and permissions that occur below, if they matter.
	occurs below
}

// Thing implements Resource.
func (d *Directory) Thing() kind.Thing { return kind.PathThing(string(d.Path)) }

// Check implements Resource.
func (d *Directory) Check(ctx context.Context, h Host) (Change, error) {
	p, err := d.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (d *Directory) Apply(ctx context.Context, h Host) (Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return Change{}, err
	}
	err = d.make(ctx, h, &p)
	return p.change, err
}

func (d *Directory) plan(ctx context.Context, h Host) (directoryPlan, error) {
	if err := first(h, d.Validate()); err != nil {
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
	p := directoryPlan{path: at, change: Change{Writes: []kind.Thing{kind.PathThing(at)}}}
	if before.Type != TypeAbsent && before.Type != TypeDirectory {
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path", "%s is a %s and not a directory. Remove it first, or name another path.", at, before.Type.noun())
	}
	if d.State == "absent" {
		p.change.leave(before, Entry{Type: TypeAbsent})
		return p, d.planAbsent(ctx, h, &p, before)
	}
	return p, d.planPresent(ctx, h, &p, before)
}

func (d *Directory) planAbsent(ctx context.Context, h Host, p *directoryPlan, before Entry) error {
	c := &p.change
	if before.Type == TypeAbsent {
		c.Op = NoOp
		return nil
	}
	names, err := h.ReadDir(p.path)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, leftover)
	if len(names) > 0 && !d.Recurse {
		return kind.NewProblem("path", kind.CodeNotEmpty, "The directory is not empty",
			"%s contains %s. Set recurse to remove it with everything inside.", p.path, prose.List(prose.Quoted(names), 1))
	}
	p.full = len(names) > 0
	c.Op = Delete
	c.Before = map[string]any{"path": d.Path}
	c.seen = map[string]any{"entries": ""} // Empty, and to stay it.
	c.Effects = []Effect{{Thing: kind.PathThing(p.path), Entry: &Entry{Type: TypeAbsent}}}
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
func (d *Directory) planInside(ctx context.Context, h Host, p *directoryPlan) error {
	c, all := &p.change, entriesDigest{}
	c.Along = &Along{}
	uid, _ := h.Self()
	root := uid == 0 // who may remove whatever is in a directory that is removed
	err := walk(ctx, h, p.path, "", func(rel string, e Entry) error {
		if c.Along.Count == maxInside {
			c.Along.More = true
			return errEnough
		}
		c.Along.add(alongDelete(rel, e))
		all.add(rel, e)
		if root {
			return nil
		}
		return h.Refused(path.Join(p.path, rel), true)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	c.seen = map[string]any{"entries": all.String()}
	return err
}

func (d *Directory) planPresent(ctx context.Context, h Host, p *directoryPlan, before Entry) error {
	own, err := ownershipOf(h, d.Owner, d.Group, d.Mode)
	if err != nil {
		return err
	}
	c, base := &p.change, before
	c.Before, c.After = map[string]any{"path": d.Path}, map[string]any{"path": d.Path}
	if before.Type == TypeAbsent {
		c.Op, c.Before = Create, nil
		if base, err = d.planAbove(h, p); err != nil {
			return err
		}
	} else {
		own.show(c.Before, before, true)
	}
	after, meta := own.on(base, true)
	p.meta = meta
	own.show(c.After, after, false)
	c.leave(before, after)
	p.occurs.top, p.occurs.mode = [2]Entry{before, after}, own.mode
	c.Effects = append(c.Effects, Effect{Thing: kind.PathThing(p.path), Entry: &after})
	if d.Recurse && before.Type == TypeDirectory {
		if err := d.planBelow(ctx, h, p, own); err != nil {
			return err
		}
	}
	if d.Recurse {
		c.left = append(c.left, p.occurs.traits(1, own, d.Mode)...)
	}
	if c.Op == "" {
		c.Op = NoOp
		if !meta.empty() || len(own.unknown) > 0 || len(p.below) > 0 {
			c.Op = Update
		}
	}
	return d.permitted(h, p, base)
}

func (d *Directory) permitted(h Host, p *directoryPlan, base Entry) error {
	if p.change.Op == NoOp {
		return nil
	}
	at := p.path
	if len(p.above) > 0 {
		at = p.above[0]
	}
	if err := h.Refused(at, p.change.Op == Create); err != nil {
		return err
	}
	return p.meta.allowed(h, base)
}

// planAbove finds the missing directories above, and returns the owner and mode that
// the new one is made with.
func (d *Directory) planAbove(h Host, p *directoryPlan) (Entry, error) {
	dir := path.Dir(p.path)
	above, err := h.Lstat(dir)
	for err == nil && above.Type == TypeAbsent {
		p.above = append(p.above, dir)
		dir = path.Dir(dir)
		above, err = h.Lstat(dir)
	}
	if err != nil {
		return Entry{}, err
	}
	if above.Type != TypeDirectory {
		return Entry{}, kind.NewProblem("path", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so nothing can be in it.", dir, above.Type.noun())
	}
	slices.Reverse(p.above)
	for _, missing := range p.above {
		if above, err = newborn(h, TypeDirectory, above); err != nil {
			return Entry{}, err
		}
		made := above
		p.change.keep().Along = append(p.change.keep().Along, kind.PathThing(missing))
		p.change.Effects = append(p.change.Effects, Effect{Thing: kind.PathThing(missing), Entry: &made})
	}
	return newborn(h, TypeDirectory, above)
}

func (d *Directory) make(ctx context.Context, h Host, p *directoryPlan) error {
	switch p.change.Op {
	case NoOp:
		return nil
	case Delete:
		if p.full {
			return h.RemoveTree(ctx, p.path)
		}
		return h.Remove(p.path)
	case Create:
		for _, dir := range p.above {
			if err := h.EnsureDir(dir); err != nil {
				return err
			}
		}
		return h.Mkdir(p.path, p.meta)
	}
	// What is inside goes first: once the directory has another owner, they
	// can put something else there.
	for _, b := range slices.Backward(p.below) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		if err := h.SetBelow(p.path, b.rel, b.meta); err != nil && !absent(err) {
			return err
		}
	}
	if p.meta.empty() {
		return nil
	}
	return h.SetMeta(p.path, p.meta)
}
