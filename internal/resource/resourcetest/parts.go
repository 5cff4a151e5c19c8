package resourcetest

import (
	"context"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// The parts of Run that a table of conditions asks for one by one. Each holds the end of what the
// case makes, too.

// CutShort holds a case against an agent that is killed, and one that fails, at each step.
func CutShort(t *testing.T, c Case) {
	t.Helper()
	c.killedAtEachStep(t, true)
	c.killedAtEachStep(t, false)
	if e := (ending{Case: c}); c.isTakenAway() {
		e.cutAtEachStep(t, true)
		e.cutAtEachStep(t, false)
	}
}

// CalledOff holds a case against a call that is cancelled before it begins, and at each step. What
// is half made is made by the next apply.
func CalledOff(t *testing.T, c Case) {
	t.Helper()
	c.cancelledBefore(t)
	c.cancelledAtEachStep(t)
	if e := (ending{Case: c}); c.isTakenAway() {
		e.cancelledBefore(t)
	}
}

// AmongNeighbours holds a case against others that work in the same directory.
func AmongNeighbours(t *testing.T, c Case) {
	t.Helper()
	c.amongNeighbours(t)
	if e := (ending{Case: c}); c.isTakenAway() {
		e.amongNeighbours(t)
	}
}

// Undone holds that the end of what a case makes takes it away, once.
func Undone(t *testing.T, c Case) {
	t.Helper()
	if e := (ending{Case: c}); c.isTakenAway() {
		e.undoes(t)
		e.twice(t)
	}
}

// isTakenAway reports whether an end takes away again what the case makes.
func (c Case) isTakenAway() bool { return c.Want == resource.Create || c.Made }

// cancelledAtEachStep cancels an apply before its first step, then before its second, and so on.
// The next one must each time reach what an undisturbed one reaches.
func (c Case) cancelledAtEachStep(t *testing.T) {
	t.Helper()
	c.Setup(t)
	if _, err := c.apply(t, NewService(), ""); err != nil {
		t.Fatalf("apply: %v", err)
	}
	want := c.Snapshot(t, false)
	for step := 1; ; step++ {
		c.Setup(t)
		begun := c.Snapshot(t, false)
		ctx, cancel := context.WithCancel(t.Context())
		f := &fault{step: step, calls: cancel}
		_, err := f.service().Apply(ctx, resource.ApplyRequest{Session: "r", Address: "a", Kind: c.Kind, Args: Encode(t, c.Args), Key: key})
		cancel()
		if f.done < step {
			return
		}
		c.halfMade(t, f.at, begun, want, false)
		if err == nil {
			if again := c.check(t, NewService()); again.Op != resource.NoOp {
				t.Errorf("cancelled at %s, the apply says nothing of it, and left is %s", f.at, again.Op)
			}
		}
		if _, err := c.apply(t, NewService(), ""); err != nil {
			t.Fatalf("apply after it was cancelled at %s: %v", f.at, err)
		}
		if diff := differ(want, c.Snapshot(t, false)); diff != "" {
			t.Errorf("cancelled at %s, the next apply did not converge: %s", f.at, diff)
		}
	}
}
