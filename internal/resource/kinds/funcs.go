package kinds

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// here answers requests about the machine that this process runs on, and locked
// holds its lock. An agent has one of each.
var (
	machine = resource.NewMachine(resource.Options{})
	here    = resource.NewService(machine, Lookup)
	locked  = &resource.Locker{}
)

// Keep is called by an agent when it ends. It keeps digests of large files for the next
// agent of this user.
func Keep() { machine.Keep() }

// The functions that an agent serves for resources.
var (
	// CheckFunc says what a resource would change.
	CheckFunc = transport.NewPlainFunc("check", func(ctx context.Context, node *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
		if err := in.Take(node); err != nil {
			return resource.CheckReply{}, err
		}
		return here.Answer(ctx, in)
	})
	// ApplyFunc makes a change that was checked.
	ApplyFunc = transport.NewPlainFunc("apply", func(ctx context.Context, node *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
		if err := in.Take(node); err != nil {
			return resource.ApplyReply{}, err
		}
		return here.Apply(ctx, in)
	})
	// LockFunc takes the lock of the machine and keeps it until the agent ends.
	LockFunc = transport.NewPlainFunc("machine.lock", func(ctx context.Context, _ *transport.Node, in resource.LockRequest) (resource.LockReply, error) {
		return locked.Lock(ctx, in)
	})
)
