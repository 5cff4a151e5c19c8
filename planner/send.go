package planner

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// send makes the step of an instance that is ready, its predecessors' first.
// What has to wait goes back and is looked at again when they are done.
func (p *Planner) send(i *instance, path map[*instance]bool) {
	if i.phase != queued || path[i] {
		return
	}
	path[i] = true
	switch {
	case i.isContext():
		p.sendContext(i, path)
	case !p.contextStarted(i.on, path):
	case i.isCall():
		p.sendCall(i)
	default:
		p.sendCheck(i, path)
	}
}

// contextStarted reports whether something may be sent to a context: it has
// been started, if not greeted yet. A context that is ready is started first.
func (p *Planner) contextStarted(ctx *instance, path map[*instance]bool) bool {
	p.send(ctx, path)
	return ctx.phase == sent || ctx.outcome == done
}

func (p *Planner) sendContext(i *instance, path map[*instance]bool) {
	if i.via != nil && !p.contextStarted(i.via, path) {
		return
	}
	if i.waitsForValues() {
		p.settle(i, deferred, i.awaited(nil))
		return
	}
	if !p.predsQuiet(i) {
		return
	}
	via := ""
	if i.via != nil {
		via = i.via.addr
	}
	p.step(i, &Step{Type: StepContext, Context: via})
	for _, a := range i.attached {
		p.dirty[a] = true
	}
}

// predsQuiet reports whether everything before an instance is looked at and
// changes nothing that it has to wait for. Where something would, the instance
// waits: see release.
func (p *Planner) predsQuiet(i *instance) bool {
	quiet := true
	for _, q := range i.preds {
		if q.outcome == disabled {
			continue
		}
		if q.phase != settled && q.phase != waiting {
			return false
		}
		if !q.settled() || i.holdsUp(q) {
			quiet = false
		}
	}
	if !quiet {
		i.move(wait)
		p.waiting[i] = true
	}
	return quiet
}

func (p *Planner) sendCheck(i *instance, path map[*instance]bool) {
	p.order.afterAccounts(i)
	step := &Step{Type: StepCheck, Results: i.referred()}
	if !p.unblocked(i) || !p.orderAfter(i, step, path) {
		return
	}
	p.step(i, step)
}

// referred reports whether anything may look at the values of an instance.
func (i *instance) referred() bool {
	return i.node.valued || i.node.outputs || len(i.block().Lifecycle.Postconditions) > 0
}

// orderAfter fills in what a check comes after. It returns false where a
// predecessor in another context of the machine is still being looked at.
func (p *Planner) orderAfter(i *instance, step *Step, path map[*instance]bool) bool {
	for _, q := range checkedBefore(i) {
		p.send(q, path)
		if q.phase < sent || q.on != i.on && !q.settled() {
			return false
		}
		step.After = append(step.After, q.addr)
	}
	step.Deltas = deltas(i)
	return true
}

// checkedBefore are the resources of the same machine whose effects an
// instance sees, the nearest of each way back: what stands between, such as a
// call or something on another machine, is passed through.
func checkedBefore(i *instance) []*instance {
	var out []*instance
	seen := map[*instance]bool{}
	var visit func(x *instance)
	visit = func(x *instance) {
		for _, q := range x.preds {
			switch {
			case seen[q]:
			case q.machine == i.machine && !q.isContext() && !q.isCall() && q.outcome != disabled && !q.held:
				seen[q] = true
				out = append(out, q)
			default:
				seen[q] = true
				visit(q)
			}
		}
	}
	visit(i)
	return out
}

// deltas are the effects of what comes before an instance and happens in
// another context of its machine, in an order in which each comes after its own
// predecessors. What is before a predecessor in the instance's own context came
// with that one's check.
func deltas(i *instance) []resource.Delta {
	var out []resource.Delta
	seen := map[*instance]bool{}
	var visit func(x *instance)
	visit = func(x *instance) {
		before := checkedBefore(x)
		for _, q := range before {
			if seen[q] || q.on == i.on {
				continue
			}
			seen[q] = true
			visit(q)
		}
		if x != i && x.change != nil {
			out = append(out, resource.Delta{Address: x.addr, Attempt: x.attempt, After: addresses(before), Effects: x.change.Effects})
		}
	}
	visit(i)
	return out
}

func addresses(insts []*instance) []string {
	out := make([]string, len(insts))
	for k, i := range insts {
		out[k] = i.addr
	}
	return out
}

// sendCall runs a read-only call now, asks about one with guards, and leaves
// all others to be decided when everything else is known.
func (p *Planner) sendCall(i *instance) {
	switch {
	case i.reads():
		if i.waitsForValues() {
			p.leaveToApply(i)
			return
		}
		if p.predsQuiet(i) {
			p.step(i, &Step{Type: StepRead})
		}
	default:
		p.order.afterAccounts(i)
		p.sendActing(i)
	}
}

// sendActing asks whether a call with guards would run; all others settle.
func (p *Planner) sendActing(i *instance) {
	if p.opts.Drift || !i.guarded() || len(i.unknown) > 0 {
		p.settle(i, done, "")
		return
	}
	p.step(i, &Step{Type: StepProbe})
}

// reads reports whether a call changes nothing.
func (i *instance) reads() bool { return i.block().Def.Reads(i.wire) }

// guarded reports whether something on the machine decides whether a call runs.
func (i *instance) guarded() bool { return i.block().Def.Guarded(i.wire) }

func (p *Planner) step(i *instance, s *Step) {
	s.Address, s.Kind, s.Args = i.addr, i.block().Kind, i.wire
	s.Sensitive, s.Unknown, s.Timeout, s.Attempt = i.sensitive, i.unknown, i.timeout, i.attempt
	if i.isContext() {
		s.Hop = p.newHop(i)
	} else {
		s.Context, s.Quiet, s.Hop = i.on.addr, p.holdsSecrets(i), p.hop(i.on)
	}
	i.move(send)
	p.steps = append(p.steps, s)
}

// Done tells what came of a step.
func (p *Planner) Done(s *Step, r Result) {
	p.inflight--
	i := p.instances[s.Address]
	if i == nil || s.Attempt != i.attempt || i.phase != sent {
		return
	}
	if s.Type == StepProbe && r.Reply != nil { // a call that did not run has no results
		r.Reply = &function.CallReply{WouldRun: r.Reply.WouldRun}
	}
	r = p.hear(i, p.believed(i, r))
	p.remember(s, r)
	switch {
	case r.Failure != nil:
		p.stepFailed(i, r.Failure)
	case s.Type == StepContext:
		i.facts, i.value = r.Facts, cty.NilVal
		p.settle(i, done, "")
		p.touchFacts(i)
	case s.Type == StepCheck:
		i.change = r.Change
		p.checked(i)
	default:
		i.reply = r.Reply
		p.settle(i, done, "")
		if s.Type == StepRead && !p.postconditions(i) {
			p.breaks(i)
		}
	}
}

// touchFacts has what refers to a context's facts looked at again, without
// waiting for the rest of its collection: `on` names one context.
func (p *Planner) touchFacts(ctx *instance) {
	for _, a := range ctx.attached {
		p.dirty[a] = true
	}
}

// checked records what a check resolved, and settles it.
func (p *Planner) checked(i *instance) {
	for _, w := range i.change.Writes {
		p.order.wrote(i, w)
	}
	p.taint(i)
	p.settle(i, done, "")
	p.order.made(i)
	p.order.edits()
	if !i.settled() {
		return // It comes after another, which is known only now.
	}
	if p.postconditions(i) {
		return
	}
	p.breaks(i)
}

// postconditions are checked while planning where all of what they look at is
// known already.
func (p *Planner) postconditions(i *instance) bool {
	if len(i.block().Lifecycle.Postconditions) == 0 || i.changes() {
		return true
	}
	return !p.checkPost(i).HasErrors()
}

// stepFailed ends an instance whose step failed, and with a context everything
// in it.
func (p *Planner) stepFailed(i *instance, f *Failure) {
	switch {
	case i.isContext() && f.Kind == FailureBehind:
		p.settle(i, skipped, f.Summary)
	case i.isContext():
		p.report(i, f)
		p.settle(i, failed, f.Summary)
	case f.Kind == FailureSkipped, f.Kind == FailureStopped:
		p.settle(i, skipped, "")
	case f.Gone():
		p.Lost(i.on.addr, f)
		p.settle(i, skipped, label(i.on.addr)+" is unreachable")
	default:
		p.report(i, f)
		i.refused = true
		p.settle(i, failed, f.Summary)
	}
}

// Lost tells that a context that was up is gone. What was not done in it yet
// is skipped; the problem is reported once.
func (p *Planner) Lost(address string, f *Failure) {
	ctx := p.instances[address]
	if ctx == nil || ctx.outcome == failed || ctx.outcome == skipped {
		return
	}
	o := failed
	if f.Kind == FailureBehind {
		o = skipped
	} else {
		p.report(ctx, f)
	}
	delete(p.waiting, ctx)
	ctx.finish(o, f.Summary)
	for _, a := range ctx.attached {
		if !a.settled() && a.block().Type != config.ContextBlock {
			p.settle(a, skipped, label(ctx.addr)+" is unreachable")
		}
		p.dirty[a] = true
	}
	if ctx.node.open == 0 {
		p.touchUsers(ctx.node)
	}
}
