package planner

// leaveOut marks the actions that are not applied because something failed on
// their machine: a host said that something cannot be done, or what it said
// contradicts the configuration. Nobody wants half of what a machine should
// become, or knows what else is wrong there. Other machines are not affected.
func (p *Planner) leaveOut(plan *Plan) {
	wrong := map[*machine]string{}
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if i.refused && i.machine != nil && wrong[i.machine] == "" {
				wrong[i.machine] = i.addr
			}
		}
	}
	if len(wrong) == 0 {
		return
	}
	for _, a := range plan.Actions {
		if i := p.instances[a.Address]; i != nil && i.machine != nil {
			a.LeftOut = wrong[i.machine]
		}
	}
}

// LeavesOut reports whether something that would change is left out of the
// apply, and whether anything is left of it.
func (p *Plan) LeavesOut() (some, rest bool) {
	for _, a := range p.Actions {
		switch {
		case !a.Changes():
		case a.LeftOut != "":
			some = true
		default:
			rest = true
		}
	}
	return some, rest
}
