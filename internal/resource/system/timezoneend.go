package system

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (z *Timezone) End(e resource.End) (resource.Resource, error) {
	if e.Adopted || z.Name == "" {
		return resource.LeaveAdopted(z.Thing(), "name"), nil
	}
	return &timezoneEnd{*z}, nil
}

// timezoneEnd removes a link that was made, if it still leads to its zone.
type timezoneEnd struct{ Timezone }

// Check implements Resource.
func (z *timezoneEnd) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := z.plan(h)
	return c, err
}

// Apply implements Resource.
func (z *timezoneEnd) Apply(_ context.Context, h resource.Host) (resource.Change, error) {
	c, at, err := z.plan(h)
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil && c.Op == resource.Delete {
		err = h.Remove(at)
	}
	return c, err
}

// plan returns the change, and the resolved path of the link.
func (z *timezoneEnd) plan(h resource.Host) (c resource.Change, at string, err error) {
	if at, err = h.Resolve(string(wanted(z.Path, localtime)), false); err != nil {
		return c, "", err
	}
	is, err := h.Lstat(at)
	if err != nil {
		return c, "", err
	}
	c = resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}
	zone := zoneOf(at, string(is.Target))
	c.Found = zoneTraits(is, zone)
	c.Left = zoneTraits(resource.Entry{Type: resource.TypeAbsent}, "")
	switch {
	case is.Type == resource.TypeAbsent:
		return c, at, nil
	case is.Type != resource.TypeLink || zone != z.Name:
		c.Stays = []kind.Problem{*kind.NewProblem("name", kind.CodeStays, "It is another time zone", "%s was made to lead to the zone %s, and now it does not, so it stays. Remove it by hand if it should go.", at, z.Name)}
		return c, at, nil
	}
	c.Op, c.Before = resource.Delete, map[string]any{"path": kind.Text(at), "zone": kind.Text(zone)}
	c.Effects = []resource.Effect{{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}}}
	return c, at, h.Refused(at, true)
}
