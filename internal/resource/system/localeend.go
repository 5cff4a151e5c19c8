package system

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (l *Locale) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(l.Thing(), "name"), nil
	}
	line, err := l.item("", "").End(e)
	gone := *l
	gone.State = "absent"
	return &localeEnd{gone, line, e.Made(l.made())}, err
}

// localeEnd takes the line out, and removes the locale if an apply generated it.
type localeEnd struct {
	Locale
	line resource.Resource
	ours bool
}

// Check implements Resource.
func (l *localeEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := l.plan(ctx, h)
	return c, err
}

// Apply implements Resource. The locale goes first, so that an end that is cut short goes on.
func (l *localeEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, runs, err := l.plan(ctx, h)
	err = begin(ctx, h, c, err)
	p := &localePlan{change: &c, name: l.Name}
	if err == nil && runs {
		if err = l.known(ctx, h, p); err == nil {
			err = l.run(ctx, h, p)
		}
	}
	if err == nil && c.Op != resource.NoOp {
		_, err = l.line.Apply(ctx, begun{h})
	}
	return c, err
}

// plan returns the change, and whether the locale is removed.
func (l *localeEnd) plan(ctx context.Context, h resource.Host) (c resource.Change, runs bool, err error) {
	if c, err = l.line.Check(ctx, h); err != nil || len(c.Stays) > 0 || !l.ours || !l.runs() {
		return c, false, err
	}
	if runs, err = l.generated(ctx, h); err != nil || !runs {
		return c, false, err
	}
	if c.Op == resource.NoOp {
		c.Op, c.Before, c.After = resource.Update, map[string]any{"name": l.Name}, map[string]any{"name": l.Name}
	}
	c.Before["generated"] = yesNo(true)
	if c.After != nil {
		c.After["generated"] = yesNo(false)
	}
	c.Writes = append(c.Writes, l.made())
	return c, true, l.planTool(ctx, h, &c)
}
