package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// planNew plans a link where none is: in place of nothing, or by force of something else.
func (l *Link) planNew(ctx context.Context, h resource.Host, p *linkPlan, before resource.Entry) error {
	c := &p.change
	if before.Type == resource.TypeAbsent {
		c.Op = resource.Create
		return nil
	}
	c.Op, c.Seen = resource.Replace, map[string]any{"type": string(before.Type)}
	switch before.Type {
	case resource.TypeDirectory:
		names, err := h.ReadDir(p.path)
		if err == nil && len(names) > 0 {
			err = kind.NewProblem("path", kind.CodeInTheWay, "A directory is in the way", "%s is a directory that is not empty, and a link does not replace it. Remove it first, or name another path.", p.path)
		}
		if err != nil {
			return err
		}
	case resource.TypeFile:
		now, err := h.Read(ctx, p.path, 0)
		if err != nil {
			return err
		}
		c.Seen["content"], c.Unsure = now, now.Unknown
	}
	if !l.Force {
		return kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path", "%s is a %s and no link. Set force to replace it, or name another path.", p.path, before.Type.Noun())
	}
	c.Uses = []string{"force"}
	c.Warnings = append(c.Warnings, *kind.NewProblem("path", kind.CodeReplaced, "Something else is replaced", "%s is a %s and becomes a link.", p.path, before.Type.Noun()))
	return nil
}
