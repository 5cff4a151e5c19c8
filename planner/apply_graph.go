package planner

import "slices"

// taskState is how far a task is.
type taskState int

const (
	taskWaiting taskState = iota
	taskSent
	taskSucceeded
	taskUnsuccessful // failed, refused or skipped
)

// task is one action of an apply, and its place in the graph.
type task struct {
	*Action
	inst *instance

	// before are the tasks that it waits for, followers those that wait for it.
	before, followers []*task
	// open counts those before that have not succeeded; blocking, those of them
	// that keep it from being sent. cause is the first that did not succeed.
	open, blocking int
	cause          *task
	// turn is the action of the machine that must have ended first, well or
	// badly; next is the one that it is that for. See apply_turns.go.
	turn, next *task
	// edits are the later actions that change a part of what this one writes.
	edits []*task

	state taskState
	begun bool     // it was told to begin
	made  prepared // what it was sent with
}

func (t *task) ended() bool { return t.state >= taskSucceeded }

// buildGraph makes tasks of the actions that do something, and puts them in
// order.
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

// effective are the tasks that an action waits for: where one before it has
// nothing to do, those before that one.
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

// waitFor puts a task behind another that has not ended.
func (t *task) waitFor(b *task) {
	t.before = append(t.before, b)
	b.followers = append(b.followers, t)
	t.open++
	if b.state != taskSent || !b.leadsIn(t) {
		t.blocking++
	}
}

// sort puts tasks after those they wait for, otherwise in the plan's order;
// what asks for a number comes first, with what that waits for.
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

// putBehind has a task wait for actions that it turned out to come after, and
// reports whether one of them has not ended.
func (a *Apply) putBehind(t *task, after []string) bool {
	wait := false
	for _, address := range after {
		if b := a.tasks[address]; b != nil && !b.ended() && !slices.Contains(t.before, b) {
			t.waitFor(b)
			wait = true
		}
	}
	return wait
}
