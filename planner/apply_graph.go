package planner

import "slices"

// buildGraph makes a task of each action that is sent, and puts the tasks in
// order. Actions that do nothing are not in the graph: what waits for one waits
// for what is before it.
func (a *Apply) buildGraph(plan *Plan) {
	a.tasks = make(map[string]*task, len(plan.Actions))
	var tasks []*task // in the plan's order
	for _, action := range plan.Actions {
		if i := a.p.instances[action.Address]; i != nil && action.Sent() {
			t := &task{Action: action, inst: i}
			a.tasks[action.Address] = t
			tasks = append(tasks, t)
		}
	}
	memo := map[string][]*task{}
	for _, t := range tasks {
		for _, b := range a.effective(plan, t.Action, memo) {
			t.waitFor(b)
		}
	}
	a.findEdits(tasks)
	a.open = len(tasks)
	a.sort(tasks)
	a.takeTurns()
}

// effective returns the tasks that an action waits for. An action before it that
// has nothing to do is replaced by those that come before that one.
func (a *Apply) effective(plan *Plan, action *Action, memo map[string][]*task) []*task {
	if out, ok := memo[action.Address]; ok {
		return out
	}
	memo[action.Address] = nil
	seen := map[*task]bool{}
	var out []*task
	add := func(t *task) {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, address := range action.DependsOn {
		if t := a.tasks[address]; t != nil {
			add(t)
		} else if before := plan.Action(address); before != nil {
			for _, t := range a.effective(plan, before, memo) {
				add(t)
			}
		}
	}
	memo[action.Address] = out
	return out
}

// sort fills order: each task comes after those that it waits for, otherwise in
// the order of the plan. Tasks that ask for a number come first, with what they
// wait for; see apply_turns.go.
func (a *Apply) sort(tasks []*task) {
	done := map[*task]bool{}
	var visit func(t *task)
	visit = func(t *task) {
		if done[t] {
			return
		}
		done[t] = true
		for _, b := range t.before {
			visit(b)
		}
		a.order = append(a.order, t)
	}
	for _, first := range []bool{true, false} {
		for _, t := range tasks {
			if t.asksForNumber() == first {
				visit(t)
			}
		}
	}
}

// findEdits finds the later edits of what each action writes, and makes the
// action wait for what these edits wait for. See apply_together.go.
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

// waitForThoseOf makes a task wait for what its edits wait for. What comes after
// the task itself is left out, since that would be a circle.
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
				t.forEdits = append(t.forEdits, b)
			}
		}
	}
}
