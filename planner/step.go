package planner

import (
	"time"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// StepType is what a Step asks for.
type StepType string

// The things that a plan has to be told while it is being made, and then those
// that are done while it is applied.
const (
	// StepContext starts a context; its result is Facts.
	StepContext StepType = "context"
	// StepCheck asks what a resource would change; its result is Change.
	StepCheck StepType = "check"
	// StepRead runs a read-only call; its result is Reply.
	StepRead StepType = "read"
	// StepProbe asks whether a call would run; its result is Reply.
	StepProbe StepType = "probe"

	// StepLock takes the lock of a machine, before the first action in a context
	// of it; its result is empty.
	StepLock StepType = "lock"
	// StepApply changes a resource; its result is Change.
	StepApply StepType = "apply"
	// StepRun runs a call; its result is Reply.
	StepRun StepType = "run"
	// StepWait lets the time of Timeout pass; its result is empty. Wait says what
	// for. Several may be under way at once. Whoever carries it out owns the clock.
	StepWait StepType = "wait"
)

// Wait is what a StepWait waits for. If that is of one action, the Address of the
// step is that of the action.
type Wait string

// WaitGrace is the time that sent actions have to end after a stop.
const WaitGrace Wait = "grace"

// Step is one thing that has to be carried out now: start a context, ask a host,
// or apply an action. Planner.Next and Apply.Next make steps, and the executor
// carries them out, in any order but with those of one answer sent together.
// Whatever comes of a step, its maker is told exactly once with Done. A Step has
// all that is needed to carry it out, so that nobody has to ask the Planner;
// nobody changes it after Next has returned it.
type Step struct {
	Type    StepType
	Address string
	// Kind is the context kind, resource kind or function.
	Kind string
	// Context is the address of the context it happens in; for StepContext, of
	// the one it is reached through, "" for the controller.
	Context string
	// Hop is how that context is started; for StepContext, the context itself.
	Hop *Hop
	// Args is the wire form of the known arguments; Sensitive and Unknown name
	// those with secrets and those known only after apply.
	Args               map[string]any
	Sensitive, Unknown []string
	// Quiet says that a program that it runs gets to see a secret, so that what it
	// prints is not logged.
	Quiet bool
	// Harmless is true for a call that changes nothing on its machine. One that saves its
	// result is an action all the same.
	Harmless bool
	// Save is the file on the controller that a result goes to; nil for none.
	Save *Save
	// After are addresses whose steps in the same context must have succeeded.
	After []string
	// Contents are those of Args that may be long, nil if there are none. An agent
	// needs only their names until it writes them. Lent are those that Deltas name,
	// which this context may have as well.
	Contents, Lent []resource.Own
	// Key is what the contexts of one machine make fingerprints and digests with.
	Key []byte
	// Results is true if something refers to the results of a check, or of an apply in a batch.
	Results bool
	// End is set if what the arguments made is to be taken away.
	End *resource.End
	// Deltas are the effects of predecessors in other contexts of the machine.
	Deltas []resource.Delta
	// Marked are the parts of the thing that other blocks keep between two marks.
	Marked []resource.Marked
	// Timeout is 0 if none was asked for. Wait is what a StepWait lets it pass for.
	Timeout time.Duration
	Wait    Wait
	// Action is what of the plan it carries out. Intent is what is to be written
	// down before it leaves, nil for an action that only reads. Both are nil while
	// planning.
	Action *Action
	Intent *Intent
	// Then are the steps that leave together with this one, in one call, and are answered with
	// it: an ordered batch. They are among those of Next, too, with Led set, and are not sent by
	// themselves.
	Then []*Step
	Led  bool
	// Whole is set on the first of a batch if it writes all of the file: then nothing is done if
	// one of them fails.
	Whole bool
	// Turn is an action of its context that must have ended before it begins, well
	// or badly; "" if there is none.
	Turn string
	// Attempt counts the steps of one instance. If something turns up later, the
	// instance is asked again. An answer to an earlier attempt is then ignored.
	Attempt int
}

// Result is the answer to a Step, for Done. At most one field is set. None is
// set for a step that can only succeed, such as StepWait and StepLock.
type Result struct {
	Failure *Failure
	Facts   map[string]any
	Change  *resource.Change
	Reply   *function.CallReply

	replayed bool // it is from a plan file, in which contents have been put back
}

// Failure is why a Step did not succeed. The executor makes it of an error of
// transport. The Planner decides by its Kind whether it is reported for the
// instance or follows from something that is reported elsewhere. It is plain
// data, so that a plan file can hold it.
type Failure struct {
	// Kind says whether it is a problem of its own, or follows from another.
	Kind FailureKind `cbor:"kind,omitempty"`
	// Code tells failures apart in programs; Attr is the argument to blame.
	Code    kind.Code `cbor:"code,omitempty"`
	Attr    string    `cbor:"attr,omitempty"`
	Summary string    `cbor:"summary"`
	Detail  string    `cbor:"detail,omitempty"`
	// Own is what of Detail are mitoplan's own words, as in a kind.Problem.
	Own string `cbor:"-"`
	// Said is what a program of the host said of it, as a sentence; it becomes a
	// part of Detail once it is known whether it may be shown.
	Said string `cbor:"-"`
	// Chain is the context chain, outermost first; Phase how far the last of them
	// had come, if that is what failed.
	Chain []string `cbor:"chain,omitempty"`
	Phase string   `cbor:"phase,omitempty"`
	// NotBegun is true if it is certain that nothing of the step was done.
	NotBegun bool `cbor:"-"`
	// MayHaveRun is true for a skipped step of which that is not certain: the answer to its batch
	// says nothing of it.
	MayHaveRun bool `cbor:"-"`
	// Because is the action of its batch for which a skipped step did not run; "" if that is one
	// that it comes after.
	Because string `cbor:"-"`
}

// FailureKind is what a Failure means. Only the first is a problem of its own,
// which is reported for the block; what the others follow from is reported
// where it happened.
type FailureKind string

// The kinds of failures.
const (
	// FailureOwn is a problem of what the step is of.
	FailureOwn FailureKind = ""
	// FailureSkipped is a step that never ran, because one before it failed.
	FailureSkipped FailureKind = "skipped"
	// FailureLost is a step whose context could not be started or is gone. For
	// the context itself it is the problem to report.
	FailureLost FailureKind = "lost"
	// FailureBehind is the same if the context went with another, which is
	// reported by itself.
	FailureBehind FailureKind = "behind"
	// FailureStopped is a step that ended because the user asked to stop.
	FailureStopped FailureKind = "stopped"
)

// ContextStatus is the state of a context whose start ended so. What is behind one that did
// not start is not reached, whatever that one said.
func (f *Failure) ContextStatus() ContextStatus {
	if f.Kind == FailureBehind || f.Code.Away() {
		return ContextUnreachable
	}
	return ContextFailed
}

// Gone reports whether the context of the step is not there, or no longer.
func (f *Failure) Gone() bool { return f.Kind == FailureLost || f.Kind == FailureBehind }
