package resource

import (
	"context"

	"github.com/mitoplan/mitoplan/transport"
)

// here answers requests about the machine that this process runs on, and locked
// holds its lock. An agent has one of each.
var (
	machine = NewMachine(Options{})
	here    = NewService(machine)
	locked  = &Locker{}
)

// Keep is called by an agent when it ends. It keeps digests of large files for the next
// agent of this user.
func Keep() { machine.Keep() }

// The functions that an agent serves for resources.
var (
	// CheckFunc says what a resource would change.
	CheckFunc = transport.NewPlainFunc("check", func(ctx context.Context, node *transport.Node, in CheckRequest) (CheckReply, error) {
		if err := in.Take(node); err != nil {
			return CheckReply{}, err
		}
		return here.answer(ctx, in)
	})
	// ApplyFunc makes a change that was checked.
	ApplyFunc = transport.NewPlainFunc("apply", func(ctx context.Context, node *transport.Node, in ApplyRequest) (ApplyReply, error) {
		if err := in.Take(node); err != nil {
			return ApplyReply{}, err
		}
		return here.Apply(ctx, in)
	})
	// LockFunc takes the lock of the machine and keeps it until the agent ends.
	LockFunc = transport.NewPlainFunc("machine.lock", func(ctx context.Context, _ *transport.Node, in LockRequest) (LockReply, error) {
		return locked.Lock(ctx, in)
	})
)
