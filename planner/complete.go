package planner

// maxLeftOut is how many addresses a plan lists of what targeting left out.
const maxLeftOut = 100

// Targeting is what -target and -exclude said, as it was written, and what they
// left out.
type Targeting struct {
	Targets  []string `cbor:"targets,omitempty"`
	Excludes []string `cbor:"excludes,omitempty"`
	// LeftOut counts the resources and calls that were not looked at because of
	// it; a block whose instances are not known is one. Names are the addresses
	// of the first 100 of them.
	LeftOut int      `cbor:"left_out,omitempty"`
	Names   []string `cbor:"names,omitempty"`
}

// InEffect reports whether anything was said.
func (t Targeting) InEffect() bool { return len(t.Targets)+len(t.Excludes) > 0 }

func (t *Targeting) leaveOut(address string) {
	t.LeftOut++
	if len(t.Names) < maxLeftOut {
		t.Names = append(t.Names, address)
	}
}

// complete counts what the plan says nothing about, and sets Plan.Complete, on
// which every claim about the whole configuration rests. It comes last: an
// error in anything makes a plan incomplete.
func (p *Planner) complete(plan *Plan) {
	plan.Targeting = Targeting{Targets: p.opts.Targets, Excludes: p.opts.Excludes}
	waits := false
	for _, n := range p.sourceOrder() {
		waits = p.account(n, plan) || waits
	}
	for _, b := range p.cfg.Contexts {
		waits = p.contextMissing(p.byAddress[b.Address()], plan) || waits
	}
	looked := len(p.opts.Targets) == 0 || len(p.cfg.Outputs) == 0 // with targets, outputs are not
	plan.Complete = !waits && plan.Unplanned == 0 && plan.Targeting.LeftOut == 0 && looked && !p.Diagnostics().HasErrors()
}

// account counts what of a block is not in the plan, and reports whether
// something of it is deferred.
func (p *Planner) account(n *node, plan *Plan) (waits bool) {
	switch {
	case n.deferred != "":
		return true
	case n.expanded:
	case n.leftOut || !n.failed && !n.sought:
		plan.Targeting.leaveOut(n.addr)
	default:
		plan.Unplanned++
	}
	for _, i := range n.insts {
		switch {
		case i.outcome == done, i.outcome == disabled:
		case i.outcome == deferred:
			waits = true
		case i.outcome == excluded, i.outcome == pending && !i.wanted:
			plan.Targeting.leaveOut(i.addr)
		default:
			plan.Unplanned++
		}
	}
	return waits
}

// contextMissing reports whether a context is not there that something may be
// on. What is on it is counted, not the context; one that nothing needs is
// never looked at.
func (p *Planner) contextMissing(n *node, plan *Plan) bool {
	if n.failed {
		plan.Unplanned++
	}
	missing := n.failed || n.deferred != ""
	for _, i := range n.insts {
		missing = missing || i.outcome == failed || i.outcome == skipped || i.outcome == deferred
	}
	return missing
}
