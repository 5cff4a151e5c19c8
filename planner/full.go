package planner

import "slices"

// editions says which contexts need the full edition of the agent. That edition is sent to a
// context if a rare kind (kind.Kind.Rare) is named there, or in a context whose agent is made
// of the program of this one: by a block, or by the record alone. It needs no Planner.
//
// An agent is started once, before all is known. What is not known yet, such as where a
// block is, counts as where it may be.
type editions struct {
	*graph
	// destroys is true if nothing of the configuration is planned but contexts.
	destroys bool
	// below are the blocks of contexts that a block of a rare kind may be in.
	below map[*node]bool
	// open are the blocks of rare kinds, and of contexts that may have one below them, of
	// which it is not known yet where all their instances are.
	open []*node
	// recorded are the contexts in which the record has something of a rare kind, by address.
	recorded map[string]bool
}

func newEditions(g *graph, rec *record, destroys bool) *editions {
	e := &editions{graph: g, destroys: destroys, below: map[*node]bool{}, recorded: map[string]bool{}}
	if !destroys {
		e.findBelow()
	}
	e.findRecorded(rec)
	return e
}

// findBelow fills below and open. Whatever a block refers to counts: it is in a context that
// it refers to, directly or not.
func (e *editions) findBelow() {
	seen := map[*node]bool{}
	var look []*node
	for _, n := range e.nodes {
		if n.block.Def.Rare {
			e.open, look = append(e.open, n), append(look, n)
		}
	}
	for len(look) > 0 {
		n := look[len(look)-1]
		look = look[:len(look)-1]
		for _, r := range n.refs {
			if seen[r.to] {
				continue
			}
			seen[r.to] = true
			look = append(look, r.to)
			if r.to.isContext() {
				e.below[r.to] = true
				e.open = append(e.open, r.to)
			}
		}
	}
}

// findRecorded notes the contexts of recorded things that a host may be asked to take away.
func (e *editions) findRecorded(rec *record) {
	if rec.prior == nil {
		return
	}
	note := func(r Recorded) {
		if k := rec.kindOf(r.Kind); k != nil && k.Rare && !r.Absent && r.createdOrKept() {
			e.recorded[r.Context] = true
		}
	}
	for _, addr := range rec.prior.Addresses() {
		r, _ := rec.lookup(addr)
		note(r)
	}
	for _, addr := range rec.prior.Interrupted() {
		r, _ := rec.lookupBegun(addr)
		note(r)
	}
}

// needsFull reports whether the agent of a context needs rare kinds.
func (e *editions) needsFull(ctx *instance) bool {
	if len(e.recorded) == 0 && !e.below[ctx.node] {
		return false
	}
	return e.names(ctx) || e.mayName(ctx.node)
}

// names reports whether a rare kind is named in a context, or in one that has its program.
func (e *editions) names(ctx *instance) bool {
	return e.recorded[ctx.addr] || slices.ContainsFunc(ctx.attached, func(i *instance) bool {
		switch {
		case i.verdict == excluded || i.verdict == disabled:
			return false
		case i.isContext():
			return !i.block().Def.OwnAgent && e.names(i)
		}
		return i.block().Def.Rare && !e.destroys
	})
}

// mayName reports whether it may turn out that a rare kind is named in a context of a block,
// or below it.
func (e *editions) mayName(ctx *node) bool {
	e.open = slices.DeleteFunc(e.open, (*node).isPlaced)
	return slices.ContainsFunc(e.open, func(n *node) bool {
		return slices.Contains(n.referred(), ctx)
	})
}

// isPlaced reports whether it is known of all instances of a block where they are, or that
// there are none.
func (n *node) isPlaced() bool {
	if n.failed() || n.leftOut() {
		return true
	}
	return n.expanded() && !slices.ContainsFunc(n.insts, func(i *instance) bool {
		return i.isContext() && !i.passed(placed) && (!i.settled() || i.verdict == deferred)
	})
}
