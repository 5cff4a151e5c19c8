package planner

// send makes the step of a queued instance, after the steps of its predecessors.
// An instance that has to wait for one of them stands back, or waits, and is
// looked at again when that is done. path holds the instances on the way here,
// to end circles.
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

// contextStarted reports whether steps may be sent to a context. Its start must
// have been asked for, but its greeting need not be there. If the context itself
// is queued, it is started first.
func (p *Planner) contextStarted(ctx *instance, path map[*instance]bool) bool {
	p.send(ctx, path)
	return ctx.phase == sent || ctx.verdict == done
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

// predsQuiet reports whether every predecessor has been looked at and changes
// nothing that the instance has to wait for. If one would, the instance waits
// until release.
func (p *Planner) predsQuiet(i *instance) bool {
	quiet := true
	for _, q := range i.preds {
		if q.verdict == disabled {
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
	if p.turnedOutElsewhere(i) {
		return
	}
	step := &Step{Type: StepCheck, Results: i.referred()}
	if !p.unblocked(i) || !p.orderAfter(i, step, path) {
		return
	}
	step.Marked = p.marked(i)
	p.step(i, step)
}

// turnedOutElsewhere settles a thing that departs if its context does not lead to it: that
// is known for certain once the context was started.
func (p *Planner) turnedOutElsewhere(i *instance) bool {
	if i.departs == nil || !p.record.leadsElsewhere(i.on, i.departs.was) {
		return false
	}
	i.departs.add(ledElsewhere(i.departs.was))
	i.departs.inst = nil
	p.settle(i, disabled, "")
	return true
}

// referred reports whether anything may look at the values of an instance.
func (i *instance) referred() bool {
	return i.node.valued || i.node.outputs || len(i.block().Lifecycle.Postconditions) > 0
}

// orderAfter fills in what a check comes after. It returns false if a
// predecessor in another context of the machine is still being looked at.
func (p *Planner) orderAfter(i *instance, step *Step, path map[*instance]bool) bool {
	for _, q := range checkedBefore(i) {
		p.send(q, path)
		if q.phase < sent || q.on != i.on && !q.settled() {
			q.lookers = append(q.lookers, i)
			return false
		}
		step.After = append(step.After, q.addr)
	}
	step.Deltas = deltas(i)
	return true
}

// sendCall runs a call that only reads, and asks about a call that has guards.
// All other calls are decided when everything else is known.
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

// sendActing asks whether a call with guards would run; all others settle. A guard is
// a program too: it is not run before the preconditions are known to hold.
func (p *Planner) sendActing(i *instance) {
	if p.opts.Drift || !i.guarded() || len(i.unknown) > 0 || i.preconditionOpen {
		p.settle(i, done, "")
		return
	}
	p.step(i, &Step{Type: StepProbe})
}

func (p *Planner) step(i *instance, s *Step) {
	s.Address, s.Kind, s.Args = i.addr, i.block().Kind, i.wire
	if i.stands == standsSo {
		s.Args = i.sentArgs()
	}
	s.Sensitive, s.Unknown, s.Timeout, s.Attempt = i.sensitive, i.unknown, i.timeout, i.attempt
	if i.isContext() {
		s.Hop = p.newHop(i)
	} else {
		s.Context, s.Quiet, s.Hop = i.on.addr, i.holdsSecrets(), p.hop(i.on)
		i.contents = p.contentsOf(i, i.wire, i.sensitive, s.Quiet)
		s.Contents, s.Lent, s.Key, s.End = i.contents, p.lent(s.Deltas), p.machineKey(i.on.machine), i.takesAway()
	}
	i.move(send)
	p.steps = append(p.steps, s)
}

// leaveToApply settles a call that only reads and comes after a change. It
// becomes an action, since what it reads is not there yet.
func (p *Planner) leaveToApply(i *instance) {
	p.order.afterAccounts(i)
	i.decided = &decision{op: Read, reason: "waits for what comes before it"}
	p.settle(i, done, "")
}
