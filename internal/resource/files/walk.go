package files

import (
	"context"
	"errors"
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// walk calls visit for everything below a directory, in the order of names, a
// directory before what is in it. It follows no link. It leaves out what is removed
// in the meantime, and temporary files that runs left when they were cut short.
func walk(ctx context.Context, h resource.Host, dir, rel string, visit func(rel string, e resource.Entry) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	transport.Advance(ctx)
	names, err := h.ReadDir(path.Join(dir, rel))
	if rel != "" && filesystem.NotThere(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if resource.Leftover(name) {
			continue
		}
		sub := path.Join(rel, name)
		e, err := h.Lstat(path.Join(dir, sub))
		if err == nil && e.Type != resource.TypeAbsent {
			err = visit(sub, e)
		}
		if err == nil && e.Type == resource.TypeDirectory {
			err = walk(ctx, h, dir, sub, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxInside is how many entries of a directory that is removed are looked at: to
// name some, to count them, and to notice at the apply if they have changed.
const maxInside = 100_000

// errEnough ends a walk.
var errEnough = errors.New("enough was seen")
