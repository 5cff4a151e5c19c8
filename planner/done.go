package planner

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// Done takes the answer of a step. An answer to an earlier attempt of the same
// instance is ignored. What the answer allows to go on is in what Next returns
// then.
func (p *Planner) Done(s *Step, r Result) {
	p.inflight--
	i := p.instances[s.Address]
	if i == nil || s.Attempt != i.attempt || i.phase != sent {
		return
	}
	if s.Type == StepProbe && r.Reply != nil { // a call that did not run has no results
		r.Reply = &function.CallReply{WouldRun: r.Reply.WouldRun}
	}
	r = p.secrets.hear(i, p.believed(i, r))
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
		p.checked(i, r.replayed)
	default:
		i.reply = r.Reply
		p.settle(i, done, "")
		if s.Type == StepRead && !p.postconditions(i) {
			i.breaks()
		}
	}
}

// remember keeps the answer of a step for the plan file; see Answers.
func (p *Planner) remember(s *Step, r Result) {
	p.answers = append(p.answers, Answer{Type: s.Type, Address: s.Address, Failure: r.Failure, Facts: r.Facts, Change: r.Change, Reply: r.Reply})
}

// touchFacts marks what refers to a context's facts to be looked at again. It
// need not wait for the other members of a collection, since `on` names one
// context.
func (p *Planner) touchFacts(ctx *instance) {
	for _, a := range ctx.attached {
		p.dirty[a] = true
	}
}

// checked takes over what a check resolved, and settles it.
func (p *Planner) checked(i *instance, replayed bool) {
	if i.departs != nil { // its order is that of depart.go
		p.secrets.taint(i)
		if p.isAnothers(i, replayed) {
			// A plan is made again of what is asked then.
			p.answers = p.answers[:len(p.answers)-1]
			p.rewind.askAgain(i)
			return
		}
		p.settle(i, done, "")
		return
	}
	for _, w := range i.change.Writes {
		p.order.wrote(i, w)
	}
	p.secrets.taint(i)
	p.settle(i, done, "")
	p.order.made(i)
	p.order.edits()
	if !i.settled() {
		return // It comes after another, which is known only now.
	}
	if p.postconditions(i) {
		return
	}
	i.breaks()
}

// isAnothers reports whether what a host would take away is not what an apply left there, or
// may not be. It is found once: the host is asked again then, so that what comes after it is
// planned with it in place. A saved plan has the second answer alone.
func (p *Planner) isAnothers(i *instance, replayed bool) bool {
	d := i.departs
	if d.differ != nil || replayed || d.was.Begun != nil || i.change.Op == resource.NoOp {
		return false
	}
	s := p.record.sighted(i)
	if !i.whole() { // Of an edit its own part tells, and not what else the file holds.
		s.traits = slices.DeleteFunc(slices.Clone(i.change.Traits), func(t resource.Trait) bool { return !i.counts(t, false) })
	}
	for _, a := range i.block().Def.Args.Attrs {
		if !a.Itself {
			continue
		}
		if is := p.record.leftSo(s, a.Name); is == asNotLeft || is == untold && d.was.says(i.block().Def, a) {
			d.differ, d.untold = append(d.differ, a.Name), d.untold || is == untold
		}
	}
	return d.differ != nil
}

// postconditions are checked while planning if all of what they look at is
// known already.
func (p *Planner) postconditions(i *instance) bool {
	if len(i.block().Lifecycle.Postconditions) == 0 || i.changes() {
		return true
	}
	return !p.checkPost(i).HasErrors()
}

// stepFailed ends an instance whose step failed. If it is a context, everything
// in it ends as well.
func (p *Planner) stepFailed(i *instance, f *Failure) {
	switch {
	case i.isContext() && f.Kind == FailureBehind:
		p.settle(i, skipped, i.behindWhat(f))
	case i.isContext():
		p.problems.report(i, f)
		i.away = f.Code.Away()
		p.settle(i, failed, f.Summary)
	case f.Kind == FailureSkipped, f.Kind == FailureStopped:
		p.settle(i, skipped, "")
	case f.Gone():
		p.Lost(i.on.addr, f)
		p.settle(i, skipped, i.on.whyNotUp())
	case i.departs != nil && f.Code == kind.CodeUserBusy: // such as the agent that is there for others that depart
		p.settle(i, deferred, p.secrets.hide(i, secret.Told{Text: f.Summary + ": " + f.Detail, Own: f.Summary + ": " + f.Own}).Text)
	default:
		p.problems.report(i, f)
		i.refused = true
		p.settle(i, failed, f.Summary)
	}
}

// behindWhat says why a context is not reached that is behind a lost one: it names the one
// that it is reached through, which says the rest.
func (i *instance) behindWhat(f *Failure) string {
	if i.via == nil {
		return f.Summary
	}
	return i.via.whyNotUp()
}

// Lost is called when a context that was up is gone. What was still to be done
// in it is skipped. The problem is reported once, however many notice it.
func (p *Planner) Lost(address string, f *Failure) {
	ctx := p.instances[address]
	if ctx == nil || ctx.verdict == failed || ctx.verdict == skipped {
		return
	}
	o, reason := failed, f.Summary
	if f.Kind == FailureBehind {
		o, reason = skipped, ctx.behindWhat(f)
	} else {
		p.problems.report(ctx, f)
		ctx.away = f.Code.Away()
	}
	delete(p.waiting, ctx)
	ctx.finish(o, reason)
	for _, a := range ctx.attached {
		if !a.settled() && a.block().Type != config.ContextBlock {
			p.settle(a, skipped, ctx.whyNotUp())
		}
		p.dirty[a] = true
	}
	if ctx.node.open == 0 {
		p.touchUsers(ctx.node)
	}
}
