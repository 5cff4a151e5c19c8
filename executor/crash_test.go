package executor_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
)

// forgetful is the journal of a process that is killed when the first answer comes.
// Its intents are on disk, its outcomes are not.
type forgetful struct{ state.Journal }

func (forgetful) Done(string, state.Outcome) error { return nil }

// After a crash the hosts may have everything, so that the plan is empty. The next
// apply records that what the crashed one made was created by mitoplan, and was not
// there before.
func TestWhatACrashedApplyMadeIsOurs(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	p := l.plan(s)
	run := l.begin()
	if _, diags := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: forgetful{run}}); diags.HasErrors() {
		t.Fatal(diags)
	}
	// The process ends here, and nothing is saved.

	s = l.session(fileAndLine, nil)
	p = l.plan(s)
	if !p.Empty() {
		t.Fatalf("the hosts have everything, but the plan is %+v", p.Summary())
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	st, err := l.store.Load()
	if err != nil {
		t.Fatal(err)
	}
	if r := st.Instance("file.x"); r == nil || r.Origin != state.Created {
		t.Errorf("file.x is recorded as %+v, want created", r)
	}
	if r := st.Instance("line.y"); r == nil || r.Origin != state.Created {
		t.Errorf("line.y is recorded as %+v, want created", r)
	}
	if len(st.Unanswered) > 0 {
		t.Errorf("these intents are still without an outcome: %v", st.Unanswered)
	}
}
