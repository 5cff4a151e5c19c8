package planner

// Whether a call runs is decided when everything else is known, and by then what
// refers to its results has been looked at with unknown ones. Of a call that does
// not run they are null, as they are while applying: what was unknown for that
// alone is evaluated anew, so that the plan shows what an apply does.

// renewer spreads the news that the results of a call are null. The Planner has one,
// and it needs no Planner.
type renewer struct {
	*values
	rewind *rewinder
}

// renew is called when nothing runs. It evaluates anew what refers to calls that
// turned out not to run, and reports whether there was any. A drift runs no
// calls at all, which says nothing about their results, so it has no use for that.
func (rn *renewer) renew() bool {
	renewed := rn.publishNullResults()
	for _, n := range rn.nodes {
		if !n.hasNews() {
			continue
		}
		renewed = rn.renewExpansion(n) || renewed
		for _, i := range n.insts {
			if rn.refsSettled(i) && (rn.renewArgs(i) || rn.renewDeferred(i)) {
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
func (rn *renewer) publishNullResults() (takenBack bool) {
	for _, n := range rn.nodes {
		for _, i := range n.insts {
			switch {
			case !i.isCall() || i.verdict != done:
			case i.said == unsaid && i.idle():
				i.sayNull()
				rn.rewind.betterEach(n)
			case i.said == saidNull && i.decided.op != NoOp:
				i.retract()
				rn.rewind.betterEach(n)
				takenBack = rn.reevaluateUsers(n) || takenBack
			}
		}
	}
	return takenBack
}

// reevaluateUsers evaluates anew what refers to a node, directly or through others,
// because values that were known are unknown again. It reports whether there was
// anything.
func (rn *renewer) reevaluateUsers(n *node) (any bool) {
	for _, u := range n.users {
		for _, i := range u.insts {
			if i.heard == heardNull && i.verdict == done {
				i.forgetNull()
				any = true
				rn.rewind.evaluateAnew(i)
				rn.reevaluateUsers(u)
			}
		}
	}
	return any
}

// renewArgs evaluates the arguments of an instance anew if fewer of them are
// unknown now, or if a mistake in them can be seen now.
func (rn *renewer) renewArgs(i *instance) bool {
	if i.verdict != done || i.isContext() || len(i.unknown) == 0 && !i.metaOpen() || !rn.argsBetter(i) {
		return false
	}
	i.hearNull()
	rn.rewind.evaluateAnew(i)
	return true
}

func (rn *renewer) argsBetter(i *instance) bool {
	rn.refreshEach(i.node)
	s := rn.scopeOf(i)
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
func (rn *renewer) renewDeferred(i *instance) bool {
	if i.verdict != deferred || i.heard == heardNull {
		return false
	}
	i.hearNull()
	rn.rewind.undefer(i)
	return true
}

// renewExpansion looks once more for the instances of a block.
func (rn *renewer) renewExpansion(n *node) bool {
	if n.deferred == "" || n.news == expandedAnew {
		return false
	}
	n.tell(expandedAnew)
	rn.rewind.undeferNode(n)
	return true
}
