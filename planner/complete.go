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
	// Brought counts the edits that came along with the owner of the whole that
	// was asked for; BroughtNames are the first 100 of them.
	Brought      int      `cbor:"brought,omitempty"`
	BroughtNames []string `cbor:"brought_names,omitempty"`
	// Owed are the first 100 of the calls among them that are owed already, or
	// will be when the plan is applied.
	Owed []string `cbor:"owed,omitempty"`
	// Outputs counts the outputs that -target leaves out: what they are made of
	// was not all looked at.
	Outputs int `cbor:"outputs,omitempty"`
}

// InEffect reports whether anything was said.
func (t Targeting) InEffect() bool { return len(t.Targets)+len(t.Excludes) > 0 }

func (t *Targeting) leaveOut(address string) {
	t.LeftOut++
	if len(t.Names) < maxLeftOut {
		t.Names = append(t.Names, address)
	}
}

// complete counts what the plan says nothing about, and sets Plan.Complete.
// Every claim about the whole configuration rests on that, so it is called last:
// an error in anything makes a plan incomplete.
func (p *Planner) complete(plan *Plan) {
	plan.Targeting = Targeting{Targets: p.opts.Targets, Excludes: p.opts.Excludes, Brought: len(p.companions.brought)}
	plan.Targeting.BroughtNames = p.companions.brought[:min(len(p.companions.brought), maxLeftOut)]
	waits := false
	if !p.opts.Destroy {
		for _, n := range p.sourceOrder() {
			waits = p.account(n, plan) || waits
		}
	}
	for _, d := range p.leaving.all {
		if d.inst != nil {
			waits = p.account(d.inst.node, plan) || waits
		}
	}
	for _, address := range p.leaving.leftOut {
		plan.Targeting.leaveOut(address)
	}
	plan.Unplanned += p.leaving.kept
	p.owedLeftOut(plan)
	for _, b := range p.cfg.Contexts {
		waits = p.contextMissing(p.byAddress[b.Address()], plan) || waits
	}
	if len(p.opts.Targets) > 0 {
		plan.Targeting.Outputs = len(p.cfg.Outputs)
	}
	p.checkUnchanged()
	p.notCompared(plan)
	plan.Complete = !waits && plan.NotCompared.Count == 0 && plan.Unplanned == 0 && plan.Targeting.LeftOut+plan.Targeting.Outputs == 0 && !p.Diagnostics().HasErrors()
}

// owedLeftOut finds the calls that have something to answer and were left out.
func (p *Planner) owedLeftOut(plan *Plan) {
	if plan.Targeting.LeftOut == 0 {
		return
	}
	owed := map[string]bool{}
	for _, a := range plan.Actions {
		if i := p.instances[a.Address]; i != nil && a.Changes() {
			for _, call := range p.debts.debtorsOf(i) {
				owed[call] = true
			}
		}
	}
	for _, n := range p.nodes {
		if d := p.debts.of(n); d != nil {
			for i := range d.byInstance {
				owed[i.addr] = true
			}
		}
	}
	for _, call := range sortedKeys(owed) {
		if p.isLeftOut(call) && len(plan.Targeting.Owed) < maxLeftOut {
			plan.Targeting.Owed = append(plan.Targeting.Owed, call)
		}
	}
}

// isLeftOut reports whether targeting left out the instance of that address, or
// a block of which no instances are known.
func (p *Planner) isLeftOut(address string) bool {
	if i := p.instances[address]; i != nil {
		return i.leftOut()
	}
	n := p.byAddress[address]
	return n != nil && !n.expanded() && (n.leftOut() || !n.sought)
}

// account counts what of a block is not in the plan, and reports whether
// something of it is deferred.
func (p *Planner) account(n *node, plan *Plan) (waits bool) {
	switch {
	case n.deferred != "":
		return true
	case n.expanded():
	case n.leftOut() || !n.failed() && !n.sought:
		plan.Targeting.leaveOut(n.addr)
	default:
		plan.Unplanned++
	}
	for _, i := range n.insts {
		switch {
		case i.verdict == done, i.verdict == disabled:
		case i.verdict == deferred:
			waits = true
		case i.leftOut():
			plan.Targeting.leaveOut(i.addr)
		default:
			plan.Unplanned++
		}
	}
	return waits
}

// contextMissing reports whether a context is not up that something may run in.
// What runs in it is counted, not the context itself. A context that nothing
// needs is never looked at, and is not missing.
func (p *Planner) contextMissing(n *node, plan *Plan) bool {
	if n.failed() {
		plan.Unplanned++
	}
	missing := n.failed() || n.deferred != ""
	for _, i := range n.insts {
		missing = missing || i.verdict == failed || i.verdict == skipped || i.verdict == deferred
	}
	return missing
}
