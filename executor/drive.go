package executor

import (
	"context"

	"github.com/mitoplan/mitoplan/planner"
)

// work is what the loop drives: planning, which makes a plan, or applying, which
// carries one out. Both are asked what may be sent now and told what came back.
// All methods are called on the goroutine of the Session.
type work interface {
	// Next are the steps that may be sent now, each once. Those of one answer
	// leave together.
	Next() []*planner.Step
	// Done tells how a step came back.
	Done(*planner.Step, planner.Result)
	// Finished reports whether nothing is left to wait for.
	Finished() bool
	// Stop is called once, when the user asks to stop.
	Stop()

	// limit bounds a step; sent tells that one has left.
	limit(*planner.Step) limit
	sent(*planner.Step)
}

// drive carries out work until it is finished. When ctx ends, it calls Stop
// once: nothing new starts, and what runs is waited for as long as the work
// says. The error is the cause why ctx ended, or nil.
func (s *Session) drive(ctx context.Context, w work) error {
	var stopped error
	wait := ctx
	for {
		if stopped == nil && ctx.Err() != nil {
			stopped = context.Cause(ctx)
			wait = context.WithoutCancel(ctx)
			s.stopping()
			w.Stop()
		}
		for _, step := range w.Next() {
			s.carryOut(ctx, w, step)
		}
		if w.Finished() {
			return stopped
		}
		if err := s.loop.wait(wait); err != nil && ctx.Err() == nil {
			return err // nothing can arrive any more
		}
	}
}
