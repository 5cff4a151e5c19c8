package resourcetest

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// begun: of an apply that was killed at any step, and whose answer nobody has, the end takes
// away all that it made, or leaves all of it and says so. What is complete is taken away.
func (e *ending) begun(t *testing.T) {
	e.Setup(t)
	before, planned := e.Snapshot(t, false), e.check(t, service())
	if planned.Op != resource.Create && planned.Op != resource.Update {
		return
	}
	e.end = resource.End{Begun: planned.Leaves}
	if planned.Kept != nil {
		e.end.Kept = *planned.Kept
	}
	for step := 1; ; step++ {
		e.Setup(t)
		f := &fault{step: step, killed: true}
		did, _ := e.apply(t, f.service(), "")
		whole := f.done < step
		if did.Op == resource.Update && !did.Made && whole {
			return // Nothing was made.
		}
		if whole && len(planned.Leaves) == 0 {
			t.Fatalf("the check of what would be made does not say how that is left")
		}
		e.endBegun(t, f.at, whole, before)
		if whole {
			return
		}
	}
}

// endBegun takes away what was begun.
func (e *ending) endBegun(t *testing.T, at string, whole bool, before map[string]string) {
	t.Helper()
	there, s := e.Snapshot(t, false), service()
	said := e.checkEnd(t, s)
	if whole && (said.Op == resource.NoOp || len(said.Stays) > 0) {
		t.Errorf("of what was made as a whole, the end is %s: %v", said.Op, said.Stays)
	}
	if said.Op == resource.NoOp && len(said.Stays) > 0 {
		return
	}
	if _, err := e.applyEnd(t.Context(), t, s, said.Fingerprint); err != nil {
		t.Errorf("cut short at %s, the end fails: %v", at, err)
	}
	now := e.Snapshot(t, false)
	dropTemps(now)
	dropTemps(there)
	if said.Op == resource.NoOp {
		if diff := differ(there, now); diff != "" {
			t.Errorf("cut short at %s, the end says that nothing is left, and changed %s", at, diff)
		}
		return
	}
	if diff := e.differs(t, before); whole && diff != "" {
		t.Errorf("the end left %s", diff)
	}
}
