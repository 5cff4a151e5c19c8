package files

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (d *Directory) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(d.Thing(), "path"), nil
	}
	return &directoryEnd{*d, e.Kept}, nil
}

// directoryEnd removes a directory that was made, if nothing is in it, and then those
// above that were made along and have nothing else in them.
type directoryEnd struct {
	Directory
	kept resource.Kept
}

// Check implements Resource.
func (d *directoryEnd) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := d.plan(h)
	return c, err
}

// Apply implements Resource.
func (d *directoryEnd) Apply(_ context.Context, h resource.Host) (resource.Change, error) {
	c, gone, err := d.plan(h)
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil && len(gone) > 0 {
		if err = h.Remove(gone[0]); err == nil {
			err = removeAbove(h, gone[1:])
		}
	}
	return c, err
}

// plan returns the change, and the directories to remove in this order.
func (d *directoryEnd) plan(h resource.Host) (c resource.Change, gone []string, err error) {
	if err := resource.FirstProblem(h, d.Validate()); err != nil {
		return resource.Change{}, nil, err
	}
	at, err := h.Resolve(string(d.Path), false)
	if err != nil {
		return resource.Change{}, nil, err
	}
	c = resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}
	before, err := h.Lstat(at)
	if err != nil {
		return c, nil, err
	}
	c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
	switch before.Type {
	case resource.TypeAbsent:
	case resource.TypeDirectory:
		names, err := h.ReadDir(at)
		if err != nil {
			return c, nil, err
		}
		names = slices.DeleteFunc(names, resource.Leftover)
		if len(names) > 0 && h.ScriptsBefore() {
			mayGo(&c, at, names)
		} else if len(names) > 0 {
			c.Stays = []kind.Problem{*kind.NewProblem("path", kind.CodeStays, "The directory is not empty",
				"%s holds %s, which no block of this plan made and removes, so it stays. Remove it by hand if it should go.", at, prose.List(prose.Quoted(names), 3))}
			c.Before = map[string]any{"path": d.Path}
			c.After, c.Seen = c.Before, map[string]any{"entries": strings.Join(names, "/")}
			return c, nil, nil
		}
		gone = []string{at}
	default:
		c.Stays = noneAnyMore("directory", at, before)
		return c, nil, nil
	}
	gone, err = madeAbove(h, d.kept, at, gone)
	if err != nil || len(gone) == 0 {
		return c, nil, err
	}
	c.Op, c.Before = resource.Delete, map[string]any{"path": d.Path}
	c.Seen = map[string]any{"entries": ""}
	if len(gone) > 1 {
		c.Seen["directories"] = strings.Join(gone, "\n")
	}
	for _, dir := range gone {
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(dir), Entry: &resource.Entry{Type: resource.TypeAbsent}})
		if dir != at {
			alongDelete(&c, dir)
		}
	}
	return c, gone, h.Refused(gone[0], true)
}
