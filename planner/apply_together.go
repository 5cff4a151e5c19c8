package planner

import "slices"

// The owner of a whole thing and the edits of it stand together: see held.go. So
// an action that writes content of which later actions edit a part begins only
// when it is known that they can follow: what they wait for has succeeded, and
// their contexts are up. What is left is that such an edit fails by itself after
// that.

// findEdits puts what the edits wait for before the action that they mend.
func (a *Apply) findEdits(tasks []*task) {
	for _, t := range tasks {
		for _, i := range rewritten(t.inst) {
			if e := a.tasks[i.addr]; e != nil {
				t.edits = append(t.edits, e)
			}
		}
		if len(t.edits) > 0 {
			t.waitForThoseOf(t.edits)
		}
	}
}

// waitForThoseOf has an action come after what its edits come after, but for
// what comes after itself.
func (t *task) waitForThoseOf(edits []*task) {
	later := map[*task]bool{t: true}
	for stack := []*task{t}; len(stack) > 0; {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, f := range x.followers {
			if !later[f] {
				later[f] = true
				stack = append(stack, f)
			}
		}
	}
	for _, e := range edits {
		for _, b := range e.before {
			if !later[b] && !slices.Contains(t.before, b) {
				t.waitFor(b)
			}
		}
	}
}

// editsCanFollow reports whether the contexts of the edits are up. It has those
// started that are not, and the action is looked at again when they are; where
// one cannot be reached, it skips the action.
func (a *Apply) editsCanFollow(t *task) bool {
	up := true
	for _, e := range t.edits {
		ctx := e.inst.on
		if ctx == t.inst.on {
			continue
		}
		switch a.contextState(ctx) {
		case contextLost:
			a.skip(t, "it would undo "+e.Address+", and "+label(ctx.addr)+" is unreachable")
			return false
		case contextUnknown:
			a.contexts[ctx] = contextAsked
			a.steps = append(a.steps, a.p.contextStep(ctx))
			fallthrough
		case contextAsked:
			a.waiting[ctx] = append(a.waiting[ctx], t)
			up = false
		}
	}
	return up
}

// contextStep starts a context and tells when it is up.
func (p *Planner) contextStep(ctx *instance) *Step {
	s := &Step{Type: StepContext, Address: ctx.addr, Kind: ctx.block().Kind, Args: ctx.wire, Hop: p.hop(ctx)}
	if ctx.via != nil {
		s.Context = ctx.via.addr
	}
	return s
}

func (a *Apply) contextState(ctx *instance) contextState {
	if ctx.outcome == failed || ctx.outcome == skipped {
		return contextLost
	}
	return a.contexts[ctx]
}

// contextDone tells how the start of a context came back: whatever waited for it
// is looked at again.
func (a *Apply) contextDone(s *Step, r Result) {
	ctx := a.p.instances[s.Address]
	a.contexts[ctx] = contextReady
	if r.Failure != nil {
		a.p.Lost(s.Address, r.Failure)
		a.contexts[ctx] = contextLost
	}
	for _, t := range a.waiting[ctx] {
		a.lookAt(t)
	}
	delete(a.waiting, ctx)
}
