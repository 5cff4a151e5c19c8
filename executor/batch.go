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
			results, size = s.batchResults(h, step, reply, w.limit(step))
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
func (s *Session) batchResults(h *handle, step *planner.Step, reply resource.ApplyReply, l limit) (out []planner.Result, size int64) {
	failed := func(step *planner.Step, why *transport.RemoteError) planner.Result {
		return planner.Result{Failure: s.changedSource(step, s.failureWithin(h, why, l))}
	}
	skipped := func(f planner.Failure) planner.Result {
		f.Kind = planner.FailureSkipped
		return planner.Result{Failure: &f}
	}
	one := func(step *planner.Step, r resource.ApplyReply) planner.Result {
		if r.Why != nil {
			return failed(step, r.Why)
		}
		c := r.Received(kindOf(step))
		size += transport.SizeOf(c.Results)
		return planner.Result{Change: &c}
	}
	at := min(reply.Refused, len(step.Then))
	out = append(out, one(step, reply))
	if at > 0 && reply.Why != nil {
		out[0] = skipped(planner.Failure{Because: step.Then[at-1].Address})
	}
	for k, behind := range step.Then {
		switch {
		case k < len(reply.Then):
			out = append(out, one(behind, reply.Then[k]))
		case k+1 == at && reply.Why != nil:
			out = append(out, failed(behind, reply.Why))
		case at > 0:
			out = append(out, skipped(planner.Failure{Because: step.Then[at-1].Address}))
		default:
			out = append(out, skipped(planner.Failure{MayHaveRun: reply.Unsure}))
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
