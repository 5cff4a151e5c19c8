package planner

import "slices"

// waitFor makes a task wait for another that has not ended.
func (t *task) waitFor(b *task) {
	t.before = append(t.before, b)
	b.followers = append(b.followers, t)
	t.open++
	if b.state != taskSent || !b.letsFollow(t) {
		t.blocking++
	}
}

// giveUp is the opposite of waitFor, for a task that was not sent.
func (t *task) giveUp(b *task) {
	same := func(of *task) func(*task) bool { return func(x *task) bool { return x == of } }
	t.before, b.followers = slices.DeleteFunc(t.before, same(b)), slices.DeleteFunc(b.followers, same(t))
	t.open--
	t.blocking--
}

// passesOn reports whether a task is in nobody's way any more, since it has ended or
// cannot run.
func (t *task) passesOn() bool {
	return t.ended() || t.skippedThere || t.hopeless && t.state == taskWaiting
}

func (t *task) ended() bool { return t.state >= taskSucceeded }

// taskState is how far a task is.
type taskState int

const (
	taskWaiting taskState = iota
	taskSent
	taskSucceeded
	taskUnsuccessful // failed, refused or skipped
)

// task is one action of an apply, and its place in the graph. buildGraph makes
// it, and only Apply changes it. It goes from waiting to sent to succeeded or
// unsuccessful, or straight from waiting to unsuccessful if it is skipped. It
// never goes back.
type task struct {
	*Action
	inst *instance

	// before are the tasks that it waits for, followers those that wait for it.
	before, followers []*task
	// open counts those before that have not succeeded; blocking, those of them
	// that keep it from being sent. hopeless is set if one of before did
	// not succeed.
	open, blocking int
	hopeless       bool
	// skippedThere is set if its agent has said that it does not run, and something
	// before it has not ended.
	skippedThere bool
	// turn is the action of the machine that must have ended first, well or
	// badly; next is the one that it is that for. See apply_turns.go.
	turn, next *task
	// edits are the later actions that change a part of what this one writes.
	edits []*task
	// forEdits are those of before that it waits for only because its edits do.
	forEdits []*task

	state taskState
	// batched is set if it was sent in a batch of several, and led are the others if it is the
	// first of that; see apply_batch.go.
	batched bool
	led     []*task
	// mayHaveRun is set if its agent did not say whether it ran.
	mayHaveRun bool

	begun bool     // it was told to begin
	made  prepared // what it was sent with
}

// letsFollow reports whether a follower may be sent before this task has answered.
// The agent keeps the order within one context. It does not know values that are
// known only after this task, and does not check postconditions; a follower that
// needs these waits for the answer, and so does one that comes after an action of a batch.
func (t *task) letsFollow(follower *task) bool {
	return !t.batched && t.Context == follower.Context && !follower.inst.waitsForValues() && !t.inst.endsHere()
}
