package executor

import "github.com/mitoplan/mitoplan/planner"

// answerUnsent answers a step that was never sent with a failure, and those of its batch. The work
// is told in the next wait of the loop, as it is of any other answer.
func (s *Session) answerUnsent(w work, step *planner.Step, f *planner.Failure) {
	s.later(func() { allFailed(w, step, f, false) })
}

// allFailed tells the work of a failure of a step. Those of its batch fail alike if their context is
// gone or the user asked to stop, and are skipped otherwise.
func allFailed(w work, step *planner.Step, f *planner.Failure, mayHaveRun bool) {
	w.Done(step, planner.Result{Failure: f})
	for _, behind := range step.Then {
		its := f
		if !f.Gone() && f.Kind != planner.FailureStopped {
			its = &planner.Failure{Kind: planner.FailureSkipped, MayHaveRun: mayHaveRun}
		}
		w.Done(behind, planner.Result{Failure: its})
	}
}
