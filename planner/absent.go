package planner

import (
	"fmt"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// absentee is a block or an instance that this plan does not look at: it was left out,
// failed, was skipped, or is deferred. Its host is not asked for it; what it is about is
// evaluated as far as that is known. See held.go for edits, and claimants.go.
type absentee struct {
	addr string
	node *node
	inst *instance // nil for a block of which the instances are not known
	// machine is nil if that is not known: it may be any.
	machine *machine
	// things are what it claims or edits, as far as that is known. open are the sorts of
	// things of which that is not known, such as "path".
	things []kind.Thing
	open   []string
	part   resource.Part
	// verdict is how it ended: skipped for a failure too; why is for people.
	verdict verdict
	why     string
}

// absentees finds the edits that a plan does not look at. The Planner has one, and
// it needs no Planner: what it evaluates for that, it takes back.
type absentees struct {
	*values
	order *ordering
	parts *resource.Parts
}

// edits returns the edits that are not looked at, in the order of their blocks. It
// is called when nothing runs, so an instance that is pending then was left out.
func (as *absentees) edits() []*absentee {
	defer as.lendArgs()()
	var out []*absentee
	for _, n := range as.nodes {
		switch {
		case !n.edits():
		case !n.expanded():
			if n.ended() || !n.sought {
				out = append(out, as.block(n))
			}
		default:
			for _, i := range n.insts {
				if e := as.instance(i); e != nil {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// lendArgs evaluates the arguments of blocks that were left out, so that an edit that
// refers to one can be evaluated, as in path = file.x.path. giveBack removes the values
// again, so that nothing else in the plan depends on what was left out.
func (as *absentees) lendArgs() (giveBack func()) {
	lent := map[*instance]config.Arguments{}
	touched := map[*node]bool{}
	for _, n := range as.nodes {
		if !n.edits() {
			continue
		}
		for _, r := range n.refs {
			if touched[r.to] || r.to.block.Type != config.ResourceBlock {
				continue
			}
			touched[r.to] = true
			for _, q := range r.to.insts {
				if !q.passed(evaluated) && q.leftOut() {
					lent[q] = q.args
					q.args, _ = q.block().Eval(as.scopeOf(q))
				}
			}
		}
	}
	renew := func() {
		for n := range touched {
			n.dropValue()
		}
	}
	renew()
	return func() {
		for q, args := range lent {
			q.args = args
		}
		renew()
	}
}

// edits reports whether a block changes a part of something.
func (n *node) edits() bool {
	if n.block.Type != config.ResourceBlock {
		return false
	}
	for _, a := range n.block.Def.Args.Attrs {
		if a.Edits != "" {
			return true
		}
	}
	return false
}

// block is a block that did not expand. Its path is known where it is the
// same for all of its instances.
func (as *absentees) block(n *node) *absentee {
	e := &absentee{addr: n.addr, node: n, verdict: excluded, why: "it is left out"}
	switch {
	case n.failed():
		e.verdict, e.why = skipped, "it could not be planned"
	case n.deferred != "":
		e.verdict, e.why = deferred, n.deferred
	}
	s := as.nodeScope(n).Child()
	if n.block.On != nil {
		if v, diags := n.block.EvalPlace(s, "on", n.block.On); !diags.HasErrors() && v.IsKnown() {
			if ctx := as.contextOf(v); ctx != nil {
				e.machine = as.whereabouts(ctx)
			}
		}
	}
	e.evaluate(s, as.parts)
	return e
}

// instance is nil for an instance that is looked at, or does not exist.
func (as *absentees) instance(i *instance) *absentee {
	e := &absentee{addr: i.addr, node: i.node, inst: i, verdict: i.verdict, why: i.reason}
	switch {
	case i.leftOut():
		e.verdict, e.why = excluded, "it is left out"
	case i.verdict == failed:
		e.verdict, e.why = skipped, "it failed"
	case i.verdict == skipped && i.reason == "":
		e.why = "it was skipped"
	case i.verdict == skipped, i.verdict == deferred:
	default:
		return nil
	}
	if e.machine = i.machine; e.machine == nil {
		e.machine = as.whereabouts(i.on)
	}
	if i.passed(claimed) {
		e.part = as.parts.Of(i.block().Def, i.wire, i.unknown)
		e.things, e.open = i.things, i.openThings()
		return e
	}
	s := as.scopeOf(i)
	if enabled, known, diags := i.block().EvalEnabled(s); i.on.verdict == disabled || known && !enabled && !diags.HasErrors() {
		return nil
	}
	e.evaluate(s, as.parts)
	return e
}

// evaluate finds which thing the block is about and what it asks for. Mistakes in its
// arguments are not reported, because the block is not part of this plan.
func (e *absentee) evaluate(s *config.Scope, parts *resource.Parts) {
	b := e.node.block
	args, _ := b.Eval(s)
	wire, unknown, _, err := args.ToWire()
	if err == nil {
		e.part = parts.Of(b.Def, wire, unknown)
	}
	for _, a := range b.Def.Args.Attrs {
		what := a.Claims + a.Edits
		if what == "" {
			continue
		}
		texts := wireTexts(wire[a.Name])
		if err != nil || len(texts) == 0 {
			e.open = append(e.open, what)
		}
		for _, text := range texts {
			e.things = append(e.things, kind.ThingOf(what, text))
		}
	}
}

// openThings are the sorts of things that an instance is about and that are known after
// apply.
func (i *instance) openThings() (open []string) {
	for _, a := range i.block().Def.Args.Attrs {
		if what := a.Claims + a.Edits; what != "" && contains(i.unknown, a.Name) {
			open = append(open, what)
		}
	}
	return open
}

// whereabouts returns the machine of a context, even if the context was left
// out, or nil if that is not known.
func (as *absentees) whereabouts(ctx *instance) *machine {
	leaves, known := as.leaves(ctx)
	switch {
	case ctx.machine != nil:
		return ctx.machine
	case !known:
		return nil
	case leaves:
		return as.order.machineNamed(ctx.addr)
	case ctx.via != nil:
		return as.whereabouts(ctx.via)
	case ctx.block().Via == nil:
		return as.order.machineNamed("local")
	}
	v, diags := ctx.block().EvalPlace(as.scopeOf(ctx), "via", ctx.block().Via)
	if diags.HasErrors() || !v.IsKnown() {
		return nil
	}
	if v.IsNull() {
		return as.order.machineNamed("local")
	}
	if via := as.contextOf(v); via != nil && via != ctx {
		return as.whereabouts(via)
	}
	return nil
}

// leaves reports whether a context leaves the machine of its parent, if that is known.
func (as *absentees) leaves(ctx *instance) (leaves, known bool) {
	def, wire := ctx.block().Def, ctx.wire
	if attr, decides := def.MayLeave(); decides && !ctx.passed(evaluated) {
		args, _ := ctx.block().Eval(as.scopeOf(ctx))
		w, unknown, _, err := args.ToWire()
		if err != nil || contains(unknown, attr) {
			return false, false
		}
		wire = w
	}
	return def.Leaves(wire), true
}

// on reports whether the edit is, or may be, on a machine.
func (e *absentee) on(m *machine) bool { return e.machine == nil || e.machine == m }

// waitsFor reports whether the edit is deferred for something that only the
// apply of an instance can give. Holding that instance back would keep both from
// ever being applied.
func (e *absentee) waitsFor(i *instance) bool {
	if e.verdict != deferred {
		return false
	}
	if e.inst == nil || e.inst.on.verdict != deferred {
		return containsNode(e.node.referred(), i.node)
	}
	for ctx := e.inst.on; ctx != nil; ctx = ctx.via {
		if containsNode(ctx.node.referred(), i.node) || comesAfter(ctx, i) {
			return true
		}
	}
	return false
}

func containsNode(list []*node, n *node) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// said names the edit and says why it is not looked at.
func (e *absentee) said() string { return fmt.Sprintf("%s (%s)", e.addr, e.why) }
