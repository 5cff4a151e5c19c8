package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (l *Link) End(e resource.End) (resource.Resource, error) {
	switch {
	case e.Adopted:
		return resource.LeaveAdopted(l.Thing(), "path"), nil
	case l.Target == nil:
		return resource.LeaveAlone(l.Thing(), kind.NewProblem("path", kind.CodeStays, "Nothing tells whether it is the link", "The record does not say where %s was to lead. It stays as it is. Remove it by hand if it should go.", l.Thing().Label())), nil
	}
	if l.Hard {
		return &hardEnd{*l}, nil
	}
	return &linkEnd{*l}, nil
}

// linkEnd removes a link that was made, if it still leads where it did.
type linkEnd struct{ Link }

// Check implements Resource.
func (l *linkEnd) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := l.plan(h)
	return c, err
}

// Apply implements Resource.
func (l *linkEnd) Apply(_ context.Context, h resource.Host) (resource.Change, error) {
	c, at, err := l.plan(h)
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil && c.Op == resource.Delete {
		err = h.Remove(at)
	}
	return c, err
}

// plan returns the change, and the resolved path of the link.
func (l *linkEnd) plan(h resource.Host) (c resource.Change, at string, err error) {
	if err := resource.FirstProblem(h, filesystem.CheckPath("path", l.Path)); err != nil {
		return c, "", err
	}
	if at, err = h.Resolve(string(l.Path), false); err != nil {
		return c, "", err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return c, "", err
	}
	c = resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}
	c.Leave(before, resource.Entry{Type: resource.TypeAbsent})
	c.Found = withTarget(c.Found, before)
	switch {
	case before.Type == resource.TypeAbsent:
		return c, at, nil
	case before.Type != resource.TypeLink:
		c.Stays = noneAnyMore("link", at, before)
		return c, at, nil
	case before.Target != *l.Target:
		c.Stays = []kind.Problem{*kind.NewProblem("target", kind.CodeStays, "The link leads elsewhere", "%s was made to lead to %s, and now it leads to %s, so it stays. Remove it by hand if it should go.", at, *l.Target, before.Target)}
		return c, at, nil
	}
	l.planRemoval(&c, at, before)
	return c, at, h.Refused(at, true)
}
