package executor

import (
	"context"
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// sendBatch sends an apply with those of its batch behind it, in one call.
func (s *Session) sendBatch(ctx context.Context, w work, h *handle, step *planner.Step, req resource.ApplyRequest, opts []transport.CallOption) {
	req.Bare, req.Whole = !step.Results, step.Whole
	for _, behind := range step.Then {
		_, args, err := s.withhold(behind, s.named(h, behind))
		if err != nil {
			s.answered()
			s.answerUnsent(w, step, classify(err, limit{}))
			return
		}
		req.Then = append(req.Then, resource.ApplyRequest{Address: behind.Address, Kind: behind.Kind, Args: args, Fingerprint: behind.Action.Fingerprint, Bare: !behind.Results})
	}
	res := kinds.ApplyFunc.CallAsync(ctx, h.context, req, opts...)
	h.calls[step.Address] = res
	s.on(res, func(any, error) {
		s.answered()
		reply, err := res.Value()
		var results []planner.Result
		if err == nil {
			var size int64
			results, size = s.batchResults(step, reply)
			err = h.keep(size)
		}
		if err != nil {
			allFailed(w, step, s.changedSource(step, s.failureWithin(h, err, w.limit(step))), mayHaveRun(err))
			return
		}
		w.Done(step, results[0])
		for k, behind := range step.Then {
			w.Done(behind, results[k+1])
		}
	})
}

// batchResults are the results of the actions of a batch, and how many bytes of them the planner
// keeps. Those behind one that failed did not run; if nothing was done because of one, neither did
// those before it.
func (s *Session) batchResults(step *planner.Step, reply resource.ApplyReply) (out []planner.Result, size int64) {
	succeeded := func(step *planner.Step, r resource.ApplyReply) {
		c := r.Received(kindOf(step))
		size += transport.SizeOf(c.Results)
		out = append(out, planner.Result{Change: &c})
	}
	if at := reply.Refused; at > 0 && at <= len(step.Then) && reply.Problem != nil {
		because := step.Then[at-1]
		for range 1 + len(step.Then) {
			out = append(out, planner.Result{Failure: &planner.Failure{Kind: planner.FailureSkipped, Because: because.Address}})
		}
		out[at] = planner.Result{Failure: s.changedSource(because, problemFailure(reply.Problem))}
		return out, 0
	}
	succeeded(step, reply)
	for k, behind := range step.Then {
		switch {
		case k >= len(reply.Then):
			out = append(out, planner.Result{Failure: &planner.Failure{Kind: planner.FailureSkipped}})
		case reply.Then[k].Problem != nil:
			out = append(out, planner.Result{Failure: s.changedSource(behind, problemFailure(reply.Then[k].Problem))})
		default:
			succeeded(behind, reply.Then[k])
		}
	}
	return out, size
}

// mayHaveRun reports whether actions behind the first of a batch may have run, after an error of the
// batch. They have not if the first failed for a reason of its own, or was skipped. After a timeout
// or a panic that is not known.
func mayHaveRun(err error) bool {
	var remote *transport.RemoteError
	var skipped *transport.SkippedError
	switch {
	case errors.As(err, &skipped): // because of something that may have timed out
		return false
	case errors.As(err, &remote):
		return remote.Problem == nil || remote.Problem.Code == kind.CodeTimeout
	}
	return true
}
