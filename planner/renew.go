package planner

// Whether a call runs is decided when everything else is known, and by then what
// refers to its results has been looked at with unknown ones. Of a call that does
// not run they are null, as they are while applying: what was unknown for that
// alone is evaluated anew, so that the plan shows what an apply does.

// renew is called when nothing runs. It evaluates anew what refers to calls that
// turned out not to run, and reports whether there was any. A drift runs no
// calls at all, which says nothing about their results, so it does nothing then.
func (p *Planner) renew() bool {
	if p.opts.Drift {
		return false
	}
	renewed := p.publishNullResults()
	for _, n := range p.nodes {
		if !n.hasNews() {
			continue
		}
		renewed = p.renewExpansion(n) || renewed
		for _, i := range n.insts {
			if p.refsSettled(i) && (p.renewArgs(i) || p.renewDeferred(i)) {
				renewed = true
			}
		}
	}
	return renewed
}

// publishNullResults makes the null results of calls that do not run visible to what
// refers to them. If such a call runs after all, its results become unknown
// again, and are never said to be null a second time. So this ends. It reports
// whether anything was taken back.
func (p *Planner) publishNullResults() (takenBack bool) {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			switch {
			case !i.isCall() || i.verdict != done:
			case i.said == unsaid && i.idle():
				i.sayNull()
				p.betterEach(n)
			case i.said == saidNull && i.decided.op != NoOp:
				i.retract()
				p.betterEach(n)
				takenBack = p.reevaluateUsers(n) || takenBack
			}
		}
	}
	return takenBack
}

// reevaluateUsers evaluates anew what refers to a node, directly or through others,
// because values that were known are unknown again. It reports whether there was
// anything.
func (p *Planner) reevaluateUsers(n *node) (any bool) {
	for _, u := range n.users {
		for _, i := range u.insts {
			if i.heard == heardNull && i.verdict == done {
				i.forgetNull()
				any = true
				p.evaluateAnew(i)
				p.reevaluateUsers(u)
			}
		}
	}
	return any
}

// renewArgs evaluates the arguments of an instance anew if fewer of them are
// unknown now, or if a mistake in them can be seen now.
func (p *Planner) renewArgs(i *instance) bool {
	if i.verdict != done || i.isContext() || len(i.unknown) == 0 && !i.metaOpen() || !p.argsBetter(i) {
		return false
	}
	i.hearNull()
	p.evaluateAnew(i)
	return true
}

func (p *Planner) argsBetter(i *instance) bool {
	p.refreshEach(i.node)
	s := p.scopeOf(i)
	open := false
	for _, c := range i.block().Lifecycle.Preconditions {
		known, diags := c.Check(s, "Precondition failed")
		if diags.HasErrors() {
			return true
		}
		open = open || !known
	}
	_, known, diags := i.block().EvalTimeout(s)
	if diags.HasErrors() {
		return true
	}
	open = open || !known
	args, diags := i.block().Eval(s)
	if diags.HasErrors() || i.metaOpen() && !open {
		return true
	}
	_, unknown, _, err := args.ToWire()
	return err != nil || len(unknown) < len(i.unknown)
}

// renewDeferred looks again at a deferred instance that waits for a call which
// does not run, and at what waits for that instance.
func (p *Planner) renewDeferred(i *instance) bool {
	if i.verdict != deferred || i.heard == heardNull {
		return false
	}
	i.hearNull()
	p.undefer(i)
	return true
}

// renewExpansion looks once more for the instances of a block.
func (p *Planner) renewExpansion(n *node) bool {
	if n.deferred == "" || n.news == expandedAnew {
		return false
	}
	n.tell(expandedAnew)
	p.undeferNode(n)
	return true
}
