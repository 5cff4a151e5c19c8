package executor

import (
	"context"
	"slices"
)

// The owner of a whole thing and the edits of it stand together: see
// planner/held.go. So an action that writes content of which later actions edit
// a part begins only when it is known that they can follow: what they wait for
// has succeeded, and their contexts are up. What is left is that such an edit
// fails by itself after that.

// together puts what the edits wait for before the action that they mend.
func (r *run) together() {
	for _, a := range r.plan.Actions {
		t := r.tasks[a.Address]
		if t == nil {
			continue
		}
		for _, address := range r.s.planner.Rewritten(a.Address) {
			if e := r.tasks[address]; e != nil {
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
				t.before = append(t.before, b)
				b.followers = append(b.followers, t)
			}
		}
	}
}

// editsCanFollow reports whether the contexts of the edits are up. It starts
// those that are not, and has the action looked at again when they are; where
// one cannot be reached, it skips the action.
func (r *run) editsCanFollow(ctx context.Context, t *task) bool {
	up := true
	for _, e := range t.edits {
		if e.Context == t.Context {
			continue
		}
		h := r.s.hop(ctx, e.Context)
		switch {
		case h.err != nil:
			r.skip(t, "it would undo "+e.Address+", and "+label(e.Context)+" is unreachable")
			return false
		case !h.up && up:
			h.whenReady = append(h.whenReady, func() { r.batch(ctx, []*task{t}) })
			up = false
		}
	}
	return up
}
