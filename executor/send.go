package executor

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// carryOut starts a step and returns without waiting. It calls the work's Done
// when the answer has arrived.
func (s *Session) carryOut(ctx context.Context, w work, step *planner.Step) {
	if step.Led {
		return // It leaves with the first of its batch.
	}
	switch step.Type {
	case planner.StepWait:
		s.after(step.Timeout, func() { w.Done(step, planner.Result{}) })
	case planner.StepContext:
		s.startContext(ctx, w, step)
	default:
		h := s.handleOf(ctx, step.Hop)
		s.whenStarted(h, func() { s.inOrder(h, step, func() { s.send(ctx, w, h, step) }) })
	}
}

// inOrder sends a step, after those of the context that wait. One of a kind that has to know how
// the context was logged in to waits until that is known; those after it may build on it.
func (s *Session) inOrder(h *handle, step *planner.Step, send func()) {
	if h.up || h.err != nil || len(h.unsent) == 0 && !s.asksLogin(step) {
		send()
		return
	}
	h.unsent = append(h.unsent, send)
}

// asksLogin reports whether the kind of a step has to know how its context was logged in to.
func (s *Session) asksLogin(step *planner.Step) bool {
	if step.Type != planner.StepCheck && step.Type != planner.StepApply {
		return false
	}
	k := kindOf(step)
	_, sent := step.Args[k.AsksLoginWith]
	return k.AsksLogin || sent && step.End == nil
}

// login is how the machine of a context was logged in to, for the kinds that ask. It is nil if
// nothing logs in there.
func (s *Session) login(h *handle, step *planner.Step) *resource.Login {
	if !s.asksLogin(step) {
		return nil
	}
	for ; h != nil; h = h.parent {
		if by := h.context.Login(); by != nil {
			g, _ := h.context.Ready().Value()
			return &resource.Login{User: g.User, Keys: by.Keys, Authorities: by.Authorities, Unknown: by.Unknown}
		}
		if h.parent != nil && !bytes.Equal(h.Key, h.parent.Key) {
			return nil // It is a machine of its own, such as a container.
		}
	}
	return nil
}

// send sends a step to its context. It is called when the start of the context
// has been sent or has failed.
func (s *Session) send(ctx context.Context, w work, h *handle, step *planner.Step) {
	if h.context == nil {
		s.answerUnsent(w, step, &planner.Failure{Kind: planner.FailureLost, NotBegun: true, Summary: "Unreachable"})
		return
	}
	if step.Type == planner.StepLock {
		s.lock(ctx, w, h, step)
		return
	}
	brought, args, err := s.withhold(step, s.named(h, step))
	if err != nil {
		s.answerUnsent(w, step, classify(err, limit{}))
		return
	}
	s.call(s.opts.Parallelism, func() {
		if step.Save != nil {
			h.saves[step.Address] = &inflow{}
		}
		now := &flight{}
		h.flights[step.Address] = now
		w.sent(step)
		for _, behind := range step.Then {
			h.flights[behind.Address] = now
			w.sent(behind)
		}
		switch step.Type {
		case planner.StepCheck:
			s.sendCheck(ctx, w, h, step, args)
		case planner.StepApply:
			s.sendApply(ctx, w, h, step, args, brought)
		default:
			s.sendCall(ctx, w, h, step, args)
		}
		if call := h.calls[step.Address]; call != nil {
			now.call.Store(&call)
		}
	})
}

func (s *Session) sendCheck(ctx context.Context, w work, h *handle, step *planner.Step, args []byte) {
	req := resource.CheckRequest{
		Plan: s.planID, Address: step.Address, Args: args, Unknown: step.Unknown,
		After: step.After, Attempt: step.Attempt, Results: step.Results, Deltas: step.Deltas, Marked: step.Marked, End: step.End, Login: s.login(h, step), Key: h.unshared(step.Key),
	}
	res := kinds.CheckFunc.CallAsync(ctx, h.context, req, callOptions(h, step, w.limit(step))...)
	await(s, w, h, step, res, func(r resource.CheckReply) (planner.Result, int64) {
		c := r.Received(kindOf(step), step.Args)
		return planner.Result{Change: &c}, res.Size()
	})
}

func (s *Session) sendApply(ctx context.Context, w work, h *handle, step *planner.Step, args []byte, from resource.Brought) {
	req := resource.ApplyRequest{Session: s.id, Address: step.Address, Kind: step.Kind, Args: args, Fingerprint: step.Action.Fingerprint, End: step.End, Login: s.login(h, step), Key: h.unshared(step.Key)}
	if from != nil {
		req.Hidden = step.Sensitive
	}
	opts := callOptions(h, step, w.limit(step))
	if len(step.Then) > 0 {
		s.sendBatch(ctx, w, h, step, req, opts)
		return
	}
	res := s.callApply(ctx, h, step, req, opts, from)
	awaitReply(s, w, h, step, res, func(r resource.ApplyReply) (planner.Result, int64) {
		c := r.Received(kindOf(step))
		return planner.Result{Change: &c}, transport.SizeOf(c.Results) // nothing else is kept
	})
}

// callApply sends an apply, and returns its answer: that of the host, unless this process could not
// bring what the host asked for.
func (s *Session) callApply(ctx context.Context, h *handle, step *planner.Step, req resource.ApplyRequest, opts []transport.CallOption, from resource.Brought) *transport.Result[resource.ApplyReply] {
	var want download.Want
	ok := from != nil
	if ok {
		want, _, ok = from.Brings()
	}
	if !ok {
		res := kinds.ApplyFunc.CallAsync(ctx, h.context, req, opts...)
		h.calls[step.Address] = res
		return res
	}
	if s.brought == nil {
		s.brought = newDownloads()
	}
	want.Hidden = slices.Contains(step.Sensitive, "url")
	res, pipe := kinds.ApplyFunc.CallPipe(ctx, h.context, req, opts...)
	h.calls[step.Address] = res
	told, complete := transport.NewResult[resource.ApplyReply]()
	b := bringer{h.context, s.broker, s.brought, want, len(step.Sensitive) > 0}
	s.pipes.Go(func() { complete(b.bring(pipe, res)) })
	return told
}

func (s *Session) sendCall(ctx context.Context, w work, h *handle, step *planner.Step, args []byte) {
	req := function.CallRequest{Name: step.Kind, Args: args, Sensitive: step.Sensitive, Quiet: step.Quiet, Check: step.Type == planner.StepProbe, GuardTimeout: s.limits.guard(step.Timeout)}
	if step.Save != nil {
		s.sendSaving(ctx, w, h, step, req)
		return
	}
	opts := callOptions(h, step, w.limit(step))
	if function.Partner(step.Kind) == "http" && !req.Check {
		s.sendWeb(ctx, w, h, step, req, opts)
		return
	}
	var res *transport.Result[function.CallReply]
	if partner := function.Partner(step.Kind); partner != "" && !req.Check {
		var pipe *transport.Pipe
		res, pipe = function.CallFunc.CallPipe(ctx, h.context, req, opts...)
		s.talk(partner, pipe)
	} else {
		res = function.CallFunc.CallAsync(ctx, h.context, req, opts...)
	}
	await(s, w, h, step, res, callResult(res.Size))
}

// sendSaving sends a call of which a result goes into a file on the controller. The
// file is opened first, so a call is not sent whose file cannot be made. A goroutine of
// its own takes what comes; Close waits for it.
func (s *Session) sendSaving(ctx context.Context, w work, h *handle, step *planner.Step, req function.CallRequest) {
	f, err := newSavedFile(*step.Save, filesystem.FreeSpace, s.planner.ReservedFile)
	if err != nil {
		s.answered()
		s.answerUnsent(w, step, s.failure(h, err))
		return
	}
	f.inflow = h.saves[step.Address]
	res, pipe := function.CallFunc.CallPipe(ctx, h.context, req, callOptions(h, step, w.limit(step))...)
	h.calls[step.Address] = res
	saved, complete := transport.NewResult[function.CallReply]()
	s.pipes.Go(func() { complete(f.take(pipe, res)) })
	awaitReply(s, w, h, step, saved, callResult(res.Size))
}

// sendWeb sends a call for which this process asks an HTTP server over connections that the host
// opens. The host gets to know only where to: what is asked may be encrypted.
func (s *Session) sendWeb(ctx context.Context, w work, h *handle, step *planner.Step, req function.CallRequest, opts []transport.CallOption) {
	var in function.HTTPIn
	if err := kind.Decode(req.Args, &in); err != nil {
		s.answered()
		s.answerUnsent(w, step, s.failure(h, err))
		return
	}
	if problems := in.Validate(); len(problems) > 0 {
		s.answered()
		s.answerUnsent(w, step, s.failure(h, &problems[0]))
		return
	}
	if in.Insecure {
		s.opts.Log.Warn("the certificate of a server is not checked, as insecure is set", "block", step.Address)
	}
	dials, err := s.encode(step.Kind, map[string]any{"url": "http://host", "connect_timeout": in.ConnectTimeout})
	if err != nil {
		s.answered()
		s.answerUnsent(w, step, classify(err, limit{}))
		return
	}
	req.Args = dials
	res, pipe := function.CallFunc.CallPipe(ctx, h.context, req, opts...)
	h.calls[step.Address] = res
	told, complete := transport.NewResult[function.CallReply]()
	hidden := slices.Contains(step.Sensitive, "url")
	s.pipes.Go(func() { complete(askWeb(ctx, in, pipe, res, hidden)) })
	awaitReply(s, w, h, step, told, callResult(res.Size))
}

// callResult makes the result of a call, of whose answer the planner keeps as much as size says.
func callResult(size func() int64) func(function.CallReply) (planner.Result, int64) {
	return func(r function.CallReply) (planner.Result, int64) { return planner.Result{Reply: &r}, size() }
}

// await tells the work what came of a call. decode makes the result of the
// reply, and says how many bytes of it the planner keeps.
func await[T any](s *Session, w work, h *handle, step *planner.Step, res *transport.Result[T], decode func(T) (planner.Result, int64)) {
	h.calls[step.Address] = res
	awaitReply(s, w, h, step, res, decode)
}

// awaitReply is await of an answer that this process may have made.
func awaitReply[T any](s *Session, w work, h *handle, step *planner.Step, res *transport.Result[T], decode func(T) (planner.Result, int64)) {
	s.on(res, func(any, error) {
		s.answered()
		reply, err := res.Value()
		r, size := planner.Result{}, res.Size()
		if err == nil {
			r, size = decode(reply)
		}
		if over := h.keep(size); over != nil {
			err = over
		}
		if err != nil {
			r = planner.Result{Failure: s.changedSource(step, s.failureWithin(h, err, w.limit(step)))}
		}
		w.Done(step, r)
	})
}

// lock asks for the lock of the machine. Every apply asks once in each of its
// contexts. An agent that holds the lock for this session answers at once.
func (s *Session) lock(ctx context.Context, w work, h *handle, step *planner.Step) {
	h.lock = kinds.LockFunc.CallAsync(ctx, h.context, s.lockRequest, w.limit(step).options()...)
	lock, wait := h.lock, &lockWait{longest: s.lockRequest.Wait}
	h.locking = wait
	s.on(lock, func(any, error) {
		wait.over.Store(new(time.Now()))
		r := planner.Result{}
		if _, err := takeValue(h, lock); err != nil {
			r.Failure = s.failure(h, err)
		}
		w.Done(step, r)
	})
}

// callOptions returns the bounds of a call, and the calls of the same context
// that the agent has to finish first.
func callOptions(h *handle, step *planner.Step, l limit) []transport.CallOption {
	opts := l.options()
	for _, address := range step.After {
		if c := h.calls[address]; c != nil {
			opts = append(opts, transport.After(c))
		}
	}
	if c := h.calls[step.Turn]; c != nil {
		opts = append(opts, transport.Settled(c))
	}
	if h.lock != nil && step.Action != nil {
		opts = append(opts, transport.After(h.lock))
	}
	return opts
}
