package system

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// kernelKeeps is the end of what a file keeps and the running kernel has, too. Where it does
// something to the file, it says that the kernel goes on with what it has.
type kernelKeeps struct {
	resource.Resource
	why *kind.Problem
}

// Check implements Resource.
func (k *kernelKeeps) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, err := k.Resource.Check(ctx, h)
	if err == nil && c.Op != resource.NoOp {
		c.Warnings = append(c.Warnings, *k.why)
	}
	return c, err
}
