package planner

import (
	"cmp"
	"slices"
)

// edits orders the edits of each thing that got a new owner or editor. It is
// called when nothing else is left to claim, so that each chain is drawn once
// and has one edge for each member.
func (o *ordering) edits() {
	for len(o.toOrder) > 0 {
		keys := make([]thingKey, 0, len(o.toOrder))
		for k := range o.toOrder {
			keys = append(keys, k)
		}
		clear(o.toOrder)
		slices.SortFunc(keys, func(a, b thingKey) int {
			return cmp.Or(cmp.Compare(a.machine.name, b.machine.name), cmp.Compare(a.thing, b.thing))
		})
		for _, k := range keys {
			o.chain(k.machine.things[k.thing])
		}
	}
}

// chain orders everybody who claims one thing: the owner of the whole, then the
// edits as they are declared, then by their keys. An order that the
// configuration asks for is kept.
func (o *ordering) chain(claims []claim) {
	if !slices.ContainsFunc(claims, func(c claim) bool { return !c.whole }) {
		return // Owners of the whole only, which is a conflict.
	}
	order := newEditOrder(claims).sorted()
	for k := 1; k < len(order); k++ {
		if !comesAfter(order[k], order[k-1]) {
			o.impliedOrder(order[k], order[k-1])
			order[k].imply(order[k-1])
		}
	}
}

// editOrder sorts the claims of one thing.
type editOrder struct {
	claims []claim // in the order of declaration
	member map[*instance]bool
	// nodes are the members of each block.
	nodes map[*node][]*instance
	done  map[*instance]bool
	out   []*instance
}

func newEditOrder(claims []claim) *editOrder {
	o := &editOrder{member: map[*instance]bool{}, nodes: map[*node][]*instance{}, done: map[*instance]bool{}}
	o.claims = byDeclaration(claims)
	for _, c := range o.claims {
		o.member[c.inst] = true
		o.nodes[c.inst.node] = append(o.nodes[c.inst.node], c.inst)
	}
	return o
}

// sorted is the order of declaration, but each comes after those that the
// configuration puts before it.
func (o *editOrder) sorted() []*instance {
	for _, c := range o.claims {
		o.visit(c.inst)
	}
	return o.out
}

func (o *editOrder) visit(i *instance) {
	if o.done[i] {
		return
	}
	o.done[i] = true
	o.visitBefore(i, map[*instance]bool{})
	if len(o.nodes) > 1 {
		o.visitReferred(i)
	}
	o.out = append(o.out, i)
}

// visitBefore visits the members that an instance comes after. What is behind
// a member is that member's to visit.
func (o *editOrder) visitBefore(i *instance, seen map[*instance]bool) {
	for _, q := range i.preds {
		switch {
		case seen[q]:
		case o.member[q]:
			o.visit(q)
		default:
			seen[q] = true
			o.visitBefore(q, seen)
		}
	}
}

// visitReferred visits the members whose block is referred to by the block of an
// instance, even through other blocks, since instances in between may not be
// linked yet.
func (o *editOrder) visitReferred(i *instance) {
	for _, n := range i.node.referred() {
		for _, q := range o.nodes[n] {
			o.visit(q)
		}
	}
}

// referred are the blocks that a block refers to, however far, in the order of
// dependencies.
func (n *node) referred() []*node {
	if n.reach != nil {
		return n.reach
	}
	seen := map[*node]bool{}
	stack := []*node{n}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, r := range x.refs {
			if !seen[r.to] {
				seen[r.to] = true
				stack = append(stack, r.to)
			}
		}
	}
	n.reach = sortedNodes(seen)
	return n.reach
}

// byDeclaration sorts the claims of one thing, which become known in any order. See
// compareClaims.
func byDeclaration(claims []claim) []claim {
	sorted := slices.Clone(claims)
	slices.SortStableFunc(sorted, compareClaims)
	return sorted
}

// compareClaims puts the owner of the whole first, then earlier declarations,
// then lower keys.
func compareClaims(a, b claim) int {
	switch {
	case a.whole && !b.whole:
		return -1
	case b.whole && !a.whole:
		return 1
	}
	return compareInstances(a.inst, b.inst)
}
