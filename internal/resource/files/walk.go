package files

import (
	"context"
	"errors"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// walk is resource.Walk.
func walk(ctx context.Context, h resource.Host, dir, rel string, visit func(rel string, e resource.Entry) error) error {
	return resource.Walk(ctx, h, dir, rel, visit)
}

// maxInside is how many entries of a directory that is removed are looked at: to
// name some, to count them, and to notice at the apply if they have changed.
const maxInside = 100_000

// errEnough ends a walk.
var errEnough = errors.New("enough was seen")
