package files

import (
	"context"
	"errors"
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// purgeTrait says whether something is in a directory that no block declares.
const purgeTrait = "purge"

// planPurge finds what is in the directory and no block declares. The controller says what
// they declare when it knows all of it, and until then nothing is looked for.
func (d *Directory) planPurge(ctx context.Context, h resource.Host, p *directoryPlan) error {
	c := &p.change
	if d.Waits != nil {
		c.Warnings = append(c.Warnings, *kind.NewProblem(purgeTrait, kind.CodePurgeWaits, "Nothing is purged by this plan",
			"What no block declares in %s stays for now, as %s. Plan again after this apply, without -target and -exclude.", p.path, *d.Waits))
	}
	if d.Declared == nil {
		return nil
	}
	stay, why, err := d.stays(h, p)
	if err != nil {
		return err
	}
	if why != "" {
		c.Warnings = append(c.Warnings, *kind.NewProblem(purgeTrait, kind.CodePurgeWaits, "Nothing is purged by this plan",
			"What no block declares in %s stays for now, as %s.", p.path, why))
		return nil
	}
	all := resource.EntriesDigest{}
	if err := d.purgeIn(ctx, h, p, stay, "", &all); err != nil {
		return err
	}
	d.warnLater(c, p)
	clean := len(p.purged) == 0
	c.Found, c.Left = append(c.Found, resource.NewTrait(purgeTrait, nil, clean)), append(c.Left, resource.NewTrait(purgeTrait, nil, true))
	if clean {
		return nil
	}
	c.See("undeclared", all.String())
	c.Uses = append(c.Uses, purgeTrait)
	return nil
}

// errTooMany ends the look at what is purged.
var errTooMany = errors.New("too much is in the directory")

// purgeIn looks through one directory. Whatever has a declared path in it is looked through,
// too; what is in a declared one stays.
func (d *Directory) purgeIn(ctx context.Context, h resource.Host, p *directoryPlan, declared *declared, rel string, all *resource.EntriesDigest) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	transport.Advance(ctx)
	names, err := h.ReadDir(path.Join(p.path, rel))
	if rel != "" && filesystem.NotThere(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		sub := path.Join(rel, name)
		if resource.Leftover(name) || declared.keeps(sub) {
			continue
		}
		e, err := h.Lstat(path.Join(p.path, sub))
		switch {
		case err != nil:
			return err
		case e.Type == resource.TypeAbsent:
		case !declared.above(sub):
			err = d.purgeOne(ctx, h, p, sub, e, all)
		case e.Type == resource.TypeDirectory:
			err = d.purgeIn(ctx, h, p, declared, sub, all)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// purgeOne plans that an entry goes, with what is in it.
func (d *Directory) purgeOne(ctx context.Context, h resource.Host, p *directoryPlan, rel string, e resource.Entry, all *resource.EntriesDigest) error {
	c, at := &p.change, path.Join(p.path, rel)
	if c.Along == nil {
		c.Along = &resource.Along{}
	}
	uid, _ := h.Self()
	look := func(rel string, e resource.Entry) error {
		if c.Along.Count >= resource.MaxInside {
			return errTooMany
		}
		c.Along.Add(resource.AlongDelete(rel, e))
		all.Add(rel, e)
		if uid == 0 {
			return nil
		}
		return h.Refused(path.Join(p.path, rel), true)
	}
	err := h.Refused(at, true)
	if err == nil {
		err = d.notNeeded(p, at)
	}
	if err == nil {
		err = look(rel, e)
	}
	if err == nil && e.Type == resource.TypeDirectory {
		if err = h.Mounted(at); err == nil {
			err = resource.Walk(ctx, h, p.path, rel, look)
		}
	}
	if errors.Is(err, errTooMany) {
		return kind.NewProblem(purgeTrait, kind.CodeTooLong, "Very much would be purged",
			"%s holds more than %d entries that no block declares. Nothing is removed: it may be the wrong directory. Look at it, and remove them by hand.", p.path, resource.MaxInside)
	}
	if err != nil {
		return err
	}
	p.purged = append(p.purged, purged{rel, e.Type == resource.TypeDirectory})
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	return nil
}

// purged is an entry that no block declares.
type purged struct {
	rel string
	dir bool
}

// purge removes what was planned.
func (p *directoryPlan) purge(ctx context.Context, h resource.Host) error {
	for _, e := range p.purged {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		at := path.Join(p.path, e.rel)
		remove := func() error { return h.Remove(at) }
		if e.dir {
			remove = func() error { return h.RemoveTree(ctx, at) }
		}
		if err := remove(); err != nil && !filesystem.NotThere(err) {
			return err
		}
	}
	return nil
}

// mayGo warns that a directory which holds something is removed only if that is gone by then.
func mayGo(c *resource.Change, at string, names []string) {
	c.Unsure = true
	c.Warnings = append(c.Warnings, *kind.NewProblem("path", kind.CodeNotEmpty, "The directory is not empty yet",
		"%s holds %s. What the scripts before it take away is known when they have run: it goes if nothing is in it then, and stays otherwise.", at, prose.List(prose.Quoted(names), 3)))
}
