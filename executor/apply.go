package executor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// ApplyOptions are what an apply needs beside the plan.
type ApplyOptions struct {
	// Journal is told of everything before and after it happens.
	Journal state.Journal
	// Holder is the text that others see while they wait for a machine.
	Holder string
	// LockWait is how long to wait for the lock of a machine.
	LockWait time.Duration
}

// run is one apply: the plan's actions and how far they are.
type run struct {
	s       *Session
	opts    ApplyOptions
	plan    *planner.Plan
	tasks   map[string]*task
	order   []*task // those before come first
	left    int
	summary Summary
	broken  error // the journal could not be written: nothing new starts
	// freed are tasks whose turn came because the one before was skipped.
	freed []*task
}

type progress int

const (
	waiting progress = iota
	sent
	succeeded
	unsuccessful // failed, refused or skipped
)

// task is one action of an apply.
type task struct {
	*planner.Action
	hop       *hop
	task      *planner.Task
	before    []*task
	followers []*task
	// turn is the action of the machine that must have ended first, well or
	// badly; next is the one that it is that for.
	turn, next *task
	// edits are the later actions that change a part of what this one writes.
	edits    []*task
	progress progress
	away     bool      // the agent has it
	began    time.Time // zero until its turn came in the agent
	// left is what the host answered of a resource that was applied.
	left *resource.Change
}

// Apply does what the plan says, and decides nothing anew. One action that
// fails stops what depends on it and nothing else.
func (s *Session) Apply(ctx context.Context, plan *planner.Plan, o ApplyOptions) (Summary, hcl.Diagnostics) {
	began := time.Now()
	defer s.loop.begin()()
	s.planner.ForgetProblems()
	s.planner.BeginApply(began.UTC())
	for _, h := range s.hops {
		h.calls = map[string]transport.Pending{}
		if h.up {
			s.watch(h)
		}
	}
	r := newRun(s, plan, o)
	diags := r.drive(ctx)
	r.summary.Elapsed = time.Since(began)
	return r.summary, append(diags, s.planner.Diagnostics()...)
}

func newRun(s *Session, plan *planner.Plan, o ApplyOptions) *run {
	r := &run{s: s, opts: o, plan: plan, tasks: map[string]*task{}}
	for _, a := range plan.Actions {
		if a.Sent() {
			r.tasks[a.Address] = &task{Action: a}
		}
	}
	effective := map[string][]*task{}
	for _, a := range plan.Actions {
		if t := r.tasks[a.Address]; t != nil {
			t.before = r.effective(a, effective)
			for _, b := range t.before {
				b.followers = append(b.followers, t)
			}
		}
	}
	r.together()
	r.left = len(r.tasks)
	r.sort()
	r.turns()
	return r
}

// effective are the tasks that an action waits for: where one before it has
// nothing to do, those before that one.
func (r *run) effective(a *planner.Action, memo map[string][]*task) []*task {
	if out, ok := memo[a.Address]; ok {
		return out
	}
	memo[a.Address] = nil
	seen := map[*task]bool{}
	var out []*task
	add := func(t *task) {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, addr := range a.DependsOn {
		if t := r.tasks[addr]; t != nil {
			add(t)
		} else if before := r.plan.Action(addr); before != nil {
			for _, t := range r.effective(before, memo) {
				add(t)
			}
		}
	}
	memo[a.Address] = out
	return out
}

// leaveOut gives up what is on machines where something failed while planning.
func (r *run) leaveOut() {
	for _, t := range r.order {
		if t.LeftOut != "" {
			r.skip(t, t.LeftOut+" failed there while planning")
		}
	}
}

// sort puts tasks after those they wait for, otherwise in the plan's order;
// what asks for a number comes first, with what that waits for.
func (r *run) sort() {
	done := map[*task]bool{}
	var visit func(t *task)
	visit = func(t *task) {
		if done[t] {
			return
		}
		done[t] = true
		for _, b := range t.before {
			visit(b)
		}
		r.order = append(r.order, t)
	}
	for _, first := range []bool{true, false} {
		for _, a := range r.plan.Actions {
			t := r.tasks[a.Address]
			if t == nil {
				continue
			}
			if _, asked := t.takesTurns(); asked == first {
				visit(t)
			}
		}
	}
}

// drive sends what may be sent until every task has ended. After the user
// asked to stop nothing new starts, and what runs is given time to end.
func (r *run) drive(ctx context.Context) hcl.Diagnostics {
	r.moveDebts()
	r.adopt()
	r.leaveOut()
	r.batch(ctx, r.order)
	for r.left > 0 {
		if ctx.Err() != nil || r.broken != nil {
			r.stop()
		}
		if r.left == 0 {
			break
		}
		wait, cancel := ctx, func() {}
		if ctx.Err() != nil {
			wait, cancel = context.WithTimeout(context.Background(), stopGrace)
		}
		err := r.s.loop.wait(wait)
		cancel()
		if err != nil && ctx.Err() != nil && wait != ctx {
			break // it did not end in time: it stays unanswered in the journal
		}
	}
	return r.ended(ctx)
}

func (r *run) ended(ctx context.Context) hcl.Diagnostics {
	r.s.collectFailures()
	if err := r.opts.Journal.Flush(); err != nil && r.broken == nil {
		r.broken = err
	}
	switch {
	case r.broken != nil:
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Journal not written", Detail: fmt.Sprintf("What was done could not be recorded, so nothing new was started: %s. Free the disk or fix its permissions, then plan again: every host is read anew.", r.broken)}}
	case ctx.Err() != nil:
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Interrupted", Detail: "The apply was stopped before it was finished. What had been done is recorded; the next plan shows what is left."}}
	}
	return nil
}

// stop gives up everything that was not sent.
func (r *run) stop() {
	for _, t := range r.order {
		if t.progress == waiting {
			r.skip(t, "the apply was stopped")
		}
	}
}

// batch sends those of the candidates that may go, in one go: their intents
// are on disk first.
func (r *run) batch(ctx context.Context, candidates []*task) {
	if ctx.Err() != nil || r.broken != nil {
		return
	}
	var ready []*task
	var intents []state.Intent
	for len(candidates) > 0 {
		t := candidates[0]
		going := t.progress == waiting && r.prepare(ctx, t)
		candidates = append(candidates[1:len(candidates):len(candidates)], r.freed...)
		r.freed = nil
		if !going {
			continue
		}
		t.progress = sent
		ready = append(ready, t)
		if t.Op != planner.Read {
			intents = append(intents, r.intent(t))
		}
	}
	if len(ready) == 0 {
		return
	}
	if len(intents) > 0 {
		if err := r.opts.Journal.Begin(intents); err != nil {
			r.broken = err
			for _, t := range ready {
				t.progress = waiting
			}
			return
		}
	}
	for _, t := range ready {
		r.send(ctx, t)
	}
}

// prepare reports whether a task may be sent: everything before it has
// succeeded, or is on its way in the same context so that the agent keeps the
// order. One whose arguments are not all known waits for the results, and so
// does what comes after a postcondition: the agent knows nothing of those.
func (r *run) prepare(ctx context.Context, t *task) bool {
	for _, b := range t.before {
		switch {
		case b.progress == unsuccessful:
			r.skip(t, b.Address+" did not succeed")
			return false
		case b.progress == succeeded:
		case b.progress == sent && b.Context == t.Context && !r.s.planner.Waits(t.Address) && !r.s.planner.Promises(b.Address):
		default:
			return false
		}
	}
	if !t.itsTurn() || !r.editsCanFollow(ctx, t) {
		return false
	}
	task, diags := r.s.planner.Task(t.Action)
	if diags.HasErrors() {
		r.s.planner.Problems(t.Address, diags)
		r.fail(ctx, t, "its arguments could not be evaluated", false)
		return false
	}
	if len(task.Missing) > 0 {
		r.s.planner.Report(t.Address, &planner.Failure{
			Attr: task.Missing[0], Summary: "Value still unknown",
			Detail: fmt.Sprintf("%s has no value although everything before %s was applied.", task.Missing[0], t.Address),
		})
		r.fail(ctx, t, "an argument has no value", false)
		return false
	}
	if r.mustWait(t, task.After) {
		return false
	}
	t.task = task
	t.hop = r.s.hop(ctx, t.Context)
	return true
}

// mustWait puts a task behind others that it turned out to come after, and
// reports whether one of them has not ended.
func (r *run) mustWait(t *task, after []string) bool {
	wait := false
	for _, addr := range after {
		b := r.tasks[addr]
		if b == nil || b.progress >= succeeded || slices.Contains(t.before, b) {
			continue
		}
		t.before = append(t.before, b)
		b.followers = append(b.followers, t)
		wait = true
	}
	return wait
}

func (r *run) intent(t *task) state.Intent {
	i := state.Intent{
		Address: t.Address, Block: t.Block, Kind: t.Kind, Context: t.Context, Op: string(t.Op),
		Identity: t.task.Identity, AbsentBefore: t.Op == planner.Create, Owes: t.task.Owes,
	}
	if !t.isCall() {
		i.Machine = r.s.planner.ContextInfo(t.Context).Machine
		i.Thing, i.Found = r.s.planner.Found(t.Address)
	}
	return i
}

func (r *run) send(ctx context.Context, t *task) {
	s := r.s
	s.send(ctx, t.hop, func() {
		if t.hop.context == nil {
			s.later(func() { r.failed(ctx, t, errNotStarted) })
			return
		}
		args, err := s.encode(t.Kind, t.task.Args)
		if err != nil {
			s.later(func() { r.failed(ctx, t, err) })
			return
		}
		r.lock(ctx, t.hop)
		s.call(s.opts.Parallelism, func() {
			t.away = true
			r.begun(t)
			if t.isCall() {
				r.sendCall(ctx, t, args)
			} else {
				r.sendApply(ctx, t, args)
			}
		})
	})
}

// begun tells that a task begins: when the agent has it, and everything before
// it, which may have been sent with it, has succeeded.
func (r *run) begun(t *task) {
	open := func(b *task) bool { return b.progress != succeeded }
	if t.progress != sent || !t.away || !t.began.IsZero() || slices.ContainsFunc(t.before, open) || t.open() != nil {
		return
	}
	t.began = time.Now()
	r.s.emit(Event{Type: ApplyStart, Address: t.Address, Context: t.Context, Op: t.Op, Limit: r.limit(t).String()})
}

func (t *task) isCall() bool {
	return t.Op == planner.Run || t.Op == planner.Always || t.Op == planner.Read
}

// lock asks for the lock of the machine before the first action in a context.
// It is not waited for: every action comes after it in the agent.
func (r *run) lock(ctx context.Context, h *hop) {
	if h.lock != nil {
		return
	}
	h.lock = resource.LockFunc.CallAsync(ctx, h.context, resource.LockRequest{Run: r.s.runID, Holder: r.opts.Holder, Wait: r.opts.LockWait}, lockLimit(r.opts.LockWait).options()...)
	lock := h.lock
	r.s.on(lock, func(any, error) {
		if _, err := taken(h, lock); err != nil {
			f := r.s.failure(h, err)
			if !f.Gone() && f.Kind != planner.FailureStopped {
				r.s.planner.Report(h.address, f)
			}
		}
	})
}

func (r *run) limit(t *task) limit {
	return r.s.limits.task(t.Op, r.s.planner.Timeout(t.Address))
}

func (r *run) callOptions(t *task) []transport.CallOption {
	var before []string
	for _, b := range t.before {
		if b.Context == t.Context {
			before = append(before, b.Address)
		}
	}
	opts := r.s.callOptions(t.hop, before, r.limit(t))
	opts = append(opts, t.turnOption()...)
	return append(opts, transport.After(t.hop.lock))
}

func (r *run) sendApply(ctx context.Context, t *task, args []byte) {
	req := resource.ApplyRequest{Run: r.s.runID, Address: t.Address, Kind: t.Kind, Args: args, Fingerprint: t.Fingerprint, Key: r.s.machineKey(t.Context)}
	res := resource.ApplyFunc.CallAsync(ctx, t.hop.context, req, r.callOptions(t)...)
	t.hop.calls[t.Address] = res
	r.s.on(res, func(any, error) {
		r.s.answered()
		reply, err := res.Value()
		size := transport.SizeOf(reply.Change.Results) // nothing else is kept
		if err != nil {
			size = res.Size()
		}
		if over := t.hop.hold(size); over != nil {
			err = over
		}
		if err != nil {
			r.failed(ctx, t, err)
			return
		}
		if r.believed(ctx, t, planner.Result{Change: &reply.Change}) {
			t.left = &reply.Change
			r.succeeded(ctx, t, reply.Change.Op != resource.NoOp, reply.Change.Results)
		}
	})
}

func (r *run) sendCall(ctx context.Context, t *task, args []byte) {
	req := function.CallRequest{Name: t.Kind, Args: args, Sensitive: t.task.Hidden, Quiet: t.task.Quiet, GuardTimeout: r.s.limits.guard(r.s.planner.Timeout(t.Address))}
	res := function.CallFunc.CallAsync(ctx, t.hop.context, req, r.callOptions(t)...)
	t.hop.calls[t.Address] = res
	r.s.on(res, func(any, error) {
		r.s.answered()
		reply, err := taken(t.hop, res)
		if err != nil {
			r.failed(ctx, t, err)
			return
		}
		if r.believed(ctx, t, planner.Result{Reply: &reply}) {
			r.succeeded(ctx, t, reply.WouldRun, reply.Results)
		}
	})
}

// believed fails a task whose answer cannot be used: nobody knows what was done.
func (r *run) believed(ctx context.Context, t *task, answer planner.Result) bool {
	f := r.s.believe(t.hop, t.Address, answer).Failure
	if f == nil || t.progress != sent {
		return f == nil
	}
	r.s.planner.Report(t.Address, f)
	r.fail(ctx, t, f.Summary, true)
	return false
}
