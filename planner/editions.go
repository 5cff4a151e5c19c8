package planner

import (
	"maps"
	"slices"
)

// editions says which contexts need the full edition of the agent. That edition is sent to a
// context if a rare kind (kind.Kind.Rare) is named there, or in a context whose agent is made
// of the program of this one: by a block, or by the record alone. It needs no Planner.
//
// An agent is started once, before all is known. What is not known yet, such as where a
// block is, counts as where it may be. So does a block that -target leaves out: which
// those are is decided late.
type editions struct {
	*graph
	// destroys is true if nothing of the configuration is planned but contexts.
	destroys bool
	// below are the blocks of contexts that a block of a rare kind may be in.
	below map[*node]bool
	// open has, by the block of a context, the blocks of rare kinds and of contexts with one
	// below them that refer to it, directly or not. Where all instances of a block are is
	// not known at first; a block of which it is known is taken out from the end.
	open map[*node][]*node
	// recorded are the contexts in which the record has something of a rare kind, by address.
	recorded map[string]bool
}

func newEditions(g *graph, rec *record, destroys bool) *editions {
	e := &editions{graph: g, destroys: destroys, below: map[*node]bool{}, open: map[*node][]*node{}, recorded: map[string]bool{}}
	if !destroys {
		e.findBelow()
	}
	e.findRecorded(rec)
	return e
}

// findBelow fills below and open. Whatever a block refers to counts: it is in a context that
// it refers to, directly or not.
func (e *editions) findBelow() {
	note := func(n *node) {
		for _, to := range n.referred() {
			if to.isContext() {
				e.below[to] = true
				e.open[to] = append(e.open[to], n)
			}
		}
	}
	for _, n := range e.nodes {
		if n.block.Def.Rare {
			note(n)
		}
	}
	for n := range maps.Clone(e.below) {
		note(n)
	}
}

// findRecorded notes the contexts of recorded things that a host may be asked to take away.
func (e *editions) findRecorded(rec *record) {
	if rec.prior == nil {
		return
	}
	note := func(r Recorded) {
		if k := rec.kindOf(r.Kind); k != nil && k.Rare && !r.Absent && rec.createdOrKept(r) {
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
	open := e.open[ctx]
	for len(open) > 0 && open[len(open)-1].isPlaced() {
		open = open[:len(open)-1]
	}
	e.open[ctx] = open
	return len(open) > 0
}

// isPlaced reports whether it is known of all instances of a block where they are, or that
// there are none.
func (n *node) isPlaced() bool {
	if n.failed() || n.leftOut() {
		return true
	}
	return n.expanded() && (!n.isContext() || !slices.ContainsFunc(n.insts, func(i *instance) bool {
		return !i.passed(placed) && (!i.settled() || i.verdict == deferred)
	}))
}
