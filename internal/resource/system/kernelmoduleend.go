package system

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (k *KernelModule) End(e resource.End) (resource.Resource, error) {
	stays := kind.NewProblem("name", kind.CodeStays, "The module stays as it is",
		"What the kernel has of %s stays so until the machine starts anew, as unloading a module may stop what uses it. Run modprobe -r by hand if it should go.", k.Name)
	switch {
	case !k.persists():
		return resource.LeaveAlone(k.Thing(), stays), nil
	case e.Adopted:
		return resource.LeaveAdopted(k.Thing(), "name"), nil
	}
	loads, err := k.loads().End(e)
	if err != nil {
		return nil, err
	}
	out := &kernelModuleEnd{KernelModule: *k, loads: loads}
	if item := k.options(false); item != nil {
		out.options, err = item.End(e)
	}
	return &kernelKeeps{out, stays}, err
}

// kernelModuleEnd takes the lines out of both files.
type kernelModuleEnd struct {
	KernelModule
	// loads and options are the ends of the lines; options is nil if there is none.
	loads, options resource.Resource
}

// Check implements Resource.
func (k *kernelModuleEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, err := k.loads.Check(ctx, h)
	if err != nil || len(c.Stays) > 0 || k.options == nil {
		return c, err
	}
	its, err := k.options.Check(ctx, h)
	if err != nil {
		return c, resource.OfArgument("options_path", err)
	}
	c.Writes = append(c.Writes, its.Writes...)
	c.Warnings = append(c.Warnings, ofOptions(its.Stays)...)
	if its.Op == resource.NoOp {
		return c, nil
	}
	if c.Op == resource.NoOp { // The name is gone.
		c.Op, c.Before, c.After, c.Found, c.Left = resource.Delete, map[string]any{"path": k.KernelModule.loads().Path}, nil, its.Found, its.Left
	}
	if before, ok := its.Before["content"].(resource.Content); ok {
		c.See("options_content", before.SHA256)
		c.Before["options"] = saidOf(k.KernelModule.options(false), its.Before)
	}
	if c.Op == resource.Delete && its.After != nil {
		c.Op = resource.Update
	}
	if c.Op == resource.Update {
		if c.After == nil {
			c.After = map[string]any{}
		}
		c.After["options"] = kind.Text("none")
	}
	c.Effects, c.Unsure = append(c.Effects, its.Effects...), c.Unsure || its.Unsure
	return c, nil
}

// Apply implements Resource.
func (k *kernelModuleEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, err := k.Check(ctx, h)
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil && c.Op != resource.NoOp && k.options != nil {
		_, err = k.options.Apply(ctx, begun{h})
	}
	if err == nil && c.Op != resource.NoOp {
		_, err = k.loads.Apply(ctx, begun{h})
	}
	return c, err
}
