package executor

import (
	"context"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// sendStep sends a check or a call and has the planner told what came of it.
func (s *Session) sendStep(ctx context.Context, h *hop, step *planner.Step) {
	if h.context == nil {
		s.later(func() {
			s.planner.Done(step, planner.Result{Failure: &planner.Failure{Kind: planner.FailureLost, Summary: "Unreachable"}})
		})
		return
	}
	args, err := s.encode(step.Kind, step.Args)
	if err != nil {
		s.later(func() { s.planner.Done(step, planner.Result{Failure: classify(err)}) })
		return
	}
	limit := s.limits.step(step)
	s.call(s.opts.Parallelism, func() {
		s.emit(Event{Type: ReadStart, Address: step.Address, Context: step.Context, Limit: limit.String()})
		began := time.Now()
		done := func(r planner.Result) {
			s.answered()
			s.emit(Event{Type: ReadDone, Address: step.Address, Context: step.Context, Elapsed: time.Since(began)})
			s.planner.Done(step, r)
		}
		if step.Type == planner.StepCheck {
			s.sendCheck(ctx, h, step, args, limit, done)
			return
		}
		s.sendCall(ctx, h, step, args, limit, done)
	})
}

func (s *Session) sendCheck(ctx context.Context, h *hop, step *planner.Step, args []byte, l limit, done func(planner.Result)) {
	req := resource.CheckRequest{
		Plan: s.planID, Address: step.Address, Kind: step.Kind, Args: args, Unknown: step.Unknown,
		After: step.After, Attempt: step.Attempt, Results: step.Results, Deltas: step.Deltas, Key: s.machineKey(step.Context),
	}
	res := resource.CheckFunc.CallAsync(ctx, h.context, req, s.callOptions(h, step.After, l)...)
	h.calls[step.Address] = res
	s.on(res, func(any, error) {
		reply, err := taken(h, res)
		if err != nil {
			done(planner.Result{Failure: s.failure(h, err)})
			return
		}
		done(s.believe(h, step.Address, planner.Result{Change: &reply.Change}))
	})
}

func (s *Session) sendCall(ctx context.Context, h *hop, step *planner.Step, args []byte, l limit, done func(planner.Result)) {
	req := function.CallRequest{Name: step.Kind, Args: args, Sensitive: step.Sensitive, Quiet: step.Quiet, Check: step.Type == planner.StepProbe, GuardTimeout: s.limits.guard(step.Timeout)}
	res := function.CallFunc.CallAsync(ctx, h.context, req, s.callOptions(h, step.After, l)...)
	s.on(res, func(any, error) {
		reply, err := taken(h, res)
		if err != nil {
			done(planner.Result{Failure: s.failure(h, err)})
			return
		}
		done(s.believe(h, step.Address, planner.Result{Reply: &reply}))
	})
}

// believe makes a failure of an answer that cannot be used.
func (s *Session) believe(h *hop, address string, r planner.Result) planner.Result {
	f := s.planner.Unusable(address, r)
	if f == nil {
		return r
	}
	f.Detail, f.Chain = s.planner.Conceal(f.Detail), s.chain(h)
	return planner.Result{Failure: f}
}

// callOptions names the calls of the same context that have to come first.
func (s *Session) callOptions(h *hop, after []string, l limit) []transport.CallOption {
	opts := l.options()
	for _, addr := range after {
		if c := h.calls[addr]; c != nil {
			opts = append(opts, transport.After(c))
		}
	}
	return opts
}

// encode makes the bytes of arguments, with the content of a controller's file
// where they name one.
func (s *Session) encode(kindName string, args map[string]any) (cbor.RawMessage, error) {
	raw, err := transport.Marshal(args)
	if err != nil {
		return nil, &kind.Problem{Summary: "Value cannot be sent", Detail: "An argument of " + kindName + " cannot be encoded: " + err.Error() + "."}
	}
	return raw, nil
}
