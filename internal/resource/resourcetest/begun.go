package resourcetest

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// begun: of an apply that was killed at any step, and whose answer nobody has, the end takes
// away all that it made, or leaves all of it and says so. What is complete is taken away.
func (e *ending) begun(t *testing.T) {
	e.Setup(t)
	before, planned := e.Snapshot(t, false), e.check(t, NewService())
	if planned.Op != resource.Create && !planned.Made {
		return
	}
	if len(planned.Leaves) == 0 {
		t.Fatal("the check of what would be made does not say how that is left")
	}
	e.end = resource.End{Begun: planned.Leaves}
	if planned.Kept != nil {
		e.end.Kept = *planned.Kept
	}
	for step := 1; ; step++ {
		e.Setup(t)
		f := &fault{step: step, killed: true}
		_, _ = e.apply(t, f.service(), "")
		whole := f.done < step
		e.endBegun(t, f.at, whole, before)
		if whole {
			return
		}
	}
}

// endBegun takes away what was begun.
func (e *ending) endBegun(t *testing.T, at string, whole bool, before map[string]string) {
	t.Helper()
	there, s := e.Snapshot(t, false), NewService()
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
	// What the manual says is left, or goes along, may not be there yet.
	if !whole && len(e.Leaves)+len(e.Loses) > 0 {
		return
	}
	if diff := e.differs(t, before); diff != "" {
		t.Errorf("cut short at %q, the end left %s", at, diff)
	}
}
