package planner

// Stage is how far an action has come.
type Stage string

// The stages of an action, and of what has nothing to do but is recorded.
const (
	// StageAdopted is a thing that is as it should be and was not recorded so.
	StageAdopted Stage = "adopted"
	// StageBegun is an action that begins as soon as its host has it: it was
	// handed out, and everything before it has ended.
	StageBegun     Stage = "begun"
	StageSucceeded Stage = "succeeded"
	StageFailed    Stage = "failed"
	// StageRefused is an action that its host refused, since its thing was
	// changed after it was planned.
	StageRefused Stage = "refused"
	// StageInterrupted is an action that was running when the user stopped the apply: it
	// was cancelled on its host, or nothing came of it in time.
	StageInterrupted Stage = "interrupted"
	// StageSkipped is an action that did not run because of something else.
	StageSkipped Stage = "skipped"
)

// End is what an action may have changed when it ended.
type End string

// The ends of an action, for the journal; "" is one of which nothing is written.
const (
	// EndApplied is an action that was done: Recorded takes the place of what was
	// recorded, which stays if Recorded is nil.
	EndApplied End = "applied"
	// EndFailed is one that may have changed something.
	EndFailed End = "failed"
	// EndNotRun is one of which nothing was done.
	EndNotRun End = "not_run"
)

// Progress is one thing that became of an action: it was adopted, began, or
// ended. Apply makes it, and the executor takes it with Apply.Progress to write
// the journal, to tell views, and to count. It says nothing about time: Apply
// has no clock.
type Progress struct {
	Action *Action
	Stage  Stage
	// Op is what was done: that of the action; NoOp if a guard kept a call from running;
	// Forget if an end took nothing away.
	Op Op
	// Reason is why it failed, was interrupted or skipped, or took nothing away, in a line.
	Reason string

	End End
	// Changed is true if the thing was changed, or the call ran.
	Changed bool
	// Recorded is what the state has to remember of the instance. State holds digests
	// of how the action left the thing. StateKept is set if everything that is already
	// recorded about the thing stays as it is.
	Recorded  *Recorded
	State     map[string]string
	StateKept bool
	// Forgotten is set if nothing of the instance is recorded any more. Inherits is the
	// address whose record this one takes over, "" for none: as a whole if it has none of
	// its own, and otherwise that an apply made the thing.
	Forgotten bool
	Inherits  string
	// Begun is set if no more than the beginning of that is recorded; see Recorded.Begun.
	Begun bool
}

// Progress returns what became of actions since the last call, in the order in
// which it happened.
func (a *Apply) Progress() []Progress {
	out := a.progress
	a.progress = nil
	return out
}

// tell adds to what Progress returns next. An empty Op is that of the action. An
// action that only reads is not recorded, however it ended.
func (a *Apply) tell(t *task, e Progress) {
	e.Action = t.Action
	if e.Op == "" {
		e.Op = t.Op
	}
	if t.Op == Read {
		e.End = "" // what only reads is not recorded
	}
	a.progress = append(a.progress, e)
}
