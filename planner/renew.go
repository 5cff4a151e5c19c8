package planner

import "github.com/mitoplan/mitoplan/config"

// Whether a call runs is decided when everything else is known, and by then what
// refers to its results has been looked at with unknown ones. Of a call that does
// not run they are null, as they are while applying: what was unknown for that
// alone is evaluated anew, so that the plan shows what an apply does.

// hearsay is what was said of the results of a call that does not run, and what
// became of those who heard it.
type hearsay struct {
	said nullResults
	// renewed is true where an instance was looked at again because of such a call.
	renewed bool
}

// nullResults is how far the news has come that a call does not run.
type nullResults uint8

const (
	unsaid    nullResults = iota
	saidNull              // its results were said to be null
	retracted             // it runs after all: its results stay unknown
)

// renew evaluates anew what refers to calls of which is known now that they do not
// run, and reports whether there was any. A drift runs no calls at all, which says
// nothing about their results.
func (p *Planner) renew() bool {
	if p.opts.Drift {
		return false
	}
	renewed := p.tellIdle()
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

// tellIdle has the results of calls that do not run seen by what refers to them.
// What was told of one that runs after all is taken back, and it is not told
// again: so this ends.
func (p *Planner) tellIdle() (takenBack bool) {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			switch {
			case !i.isCall() || i.outcome != done:
			case i.said == unsaid && i.idle():
				i.said, n.news, n.stale = saidNull, true, true
				p.staleEach(n)
			case i.said == saidNull && i.decided.op != NoOp:
				i.said, n.stale = retracted, true
				p.staleEach(n)
				takenBack = p.unlearn(n) || takenBack
			}
		}
	}
	return takenBack
}

func (p *Planner) staleEach(n *node) {
	for _, u := range n.users {
		u.eachStale = true
	}
}

// unlearn has what refers to a node, however far, evaluated anew.
func (p *Planner) unlearn(n *node) (any bool) {
	for _, u := range n.users {
		for _, i := range u.insts {
			if i.renewed && i.outcome == done {
				i.renewed, any = false, true
				p.evaluateAnew(i)
				p.unlearn(u)
			}
		}
	}
	return any
}

// hasNews reports whether something that a block refers to has become better
// known since it was looked at.
func (n *node) hasNews() bool {
	for _, r := range n.refs {
		if r.to.news && !r.explicit {
			return true
		}
	}
	return false
}

// renewArgs evaluates the arguments of an instance anew where fewer of them are
// unknown by now, or what is wrong with them shows.
func (p *Planner) renewArgs(i *instance) bool {
	if i.outcome != done || i.isContext() || len(i.unknown) == 0 && !i.metaOpen || !p.argsBetter(i) {
		return false
	}
	i.renewed, i.node.news = true, true
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
	v, diags := i.block().Eval(s)
	if diags.HasErrors() || i.metaOpen && !open {
		return true
	}
	_, unknown, _, err := config.ToWire(i.block().Def.Args, v)
	return err != nil || len(unknown) < len(i.unknown)
}

// renewDeferred looks once more at an instance that waits for a call that does not
// run, and at what waits for the instance.
func (p *Planner) renewDeferred(i *instance) bool {
	if i.outcome != deferred || i.renewed {
		return false
	}
	i.renewed, i.node.news = true, true
	p.undefer(i)
	return true
}

// renewExpansion looks once more for the instances of a block.
func (p *Planner) renewExpansion(n *node) bool {
	if n.deferred == "" || n.renewed {
		return false
	}
	n.renewed, n.news = true, true
	p.undeferNode(n)
	return true
}

func (p *Planner) undeferNode(n *node) {
	n.deferred = ""
	n.stale, n.built = true, false
	p.dirtyNodes[n] = true
	for _, u := range n.users {
		if u.deferred != "" {
			p.undeferNode(u)
		}
		for _, i := range u.insts {
			p.undefer(i)
		}
	}
}
