package planner

import (
	"slices"
)

// A block that writes all of a thing and the blocks that edit a part of it belong
// together; see held.go. So an action that writes such content begins only when its
// edits can follow: everything that they wait for has succeeded, and their contexts are
// up. What remains possible is that an edit fails by itself afterwards.

// editsCanFollow reports whether the contexts of a task's edits are up. If one
// is not, it asks for its start, and the task is looked at again when that has
// come back. If one cannot be reached, it skips the task, once no other is being started:
// the reason names the first of them, and not the one that was told first.
func (a *Apply) editsCanFollow(t *task) bool {
	lost, down := a.editsDown(t)
	if lost != nil && !slices.ContainsFunc(down, func(ctx *instance) bool { return a.contexts[ctx] == contextAsked }) {
		a.skip(t, "it would undo "+lost.Address+", and "+lost.inst.on.whyNotUp())
		return false
	}
	for _, ctx := range down {
		switch {
		case a.contexts[ctx] == contextAsked:
		case lost != nil:
			continue
		default:
			a.contexts[ctx] = contextAsked
			a.steps = append(a.steps, a.p.contextStep(ctx))
		}
		a.waiting[ctx] = append(a.waiting[ctx], t)
	}
	return len(down) == 0
}

// editsDown returns the first edit of a task whose context is lost, and the contexts of
// others that are not up.
func (a *Apply) editsDown(t *task) (lost *task, down []*instance) {
	for _, e := range t.edits {
		ctx := e.inst.on
		switch state := a.contextState(ctx); {
		case ctx == t.inst.on || state == contextReady || slices.Contains(down, ctx):
		case state != contextLost:
			down = append(down, ctx)
		case lost == nil:
			lost = e
		}
	}
	return lost, down
}

// contextStep returns the step that starts a context and is answered when it is
// up.
func (p *Planner) contextStep(ctx *instance) *Step {
	s := &Step{Type: StepContext, Address: ctx.addr, Kind: ctx.block().Kind, Args: ctx.wire, Hop: p.hop(ctx)}
	if ctx.via != nil {
		s.Context = ctx.via.addr
	}
	return s
}

func (a *Apply) contextState(ctx *instance) contextState {
	if ctx.verdict == failed || ctx.verdict == skipped {
		return contextLost
	}
	return a.contexts[ctx]
}

// contextDone takes the answer to the start of a context. Every task that waited
// for it is looked at again.
func (a *Apply) contextDone(s *Step, r Result) {
	ctx := a.p.instances[s.Address]
	a.contexts[ctx] = contextReady
	if r.Failure != nil {
		a.p.Lost(s.Address, r.Failure)
		a.contexts[ctx] = contextLost
	}
	for _, t := range a.waiting[ctx] {
		a.consider(t)
	}
	delete(a.waiting, ctx)
}
