package planner

import "fmt"

// pick returns what of that which departs belongs to the plan. Of the rest it notes that it is
// left out. With the whole of a thing its edits would go, too: they come along, and the whole
// stays if -exclude leaves one of them out.
func (p *Planner) pick(all []*departure) (out []*departure) {
	ss, chosen, takes := p.selectors, map[*departure]bool{}, map[string]bool{}
	for _, d := range all {
		if chosen[d] = ss.chosen(d, p.instances[d.was.Context]); chosen[d] && p.takesEdits(d) {
			takes[d.place()] = true
		}
	}
	holds := map[string]string{} // the edits because of which the whole stays
	for _, d := range all {
		switch {
		case chosen[d] || !p.record.isEdit(d.was) || d.was.Absent || !takes[d.place()]:
		case ss.means(ss.excludes, d, p.instances[d.was.Context]):
			holds[d.place()] = d.addr
		default:
			chosen[d] = true
			p.companions.brought = append(p.companions.brought, d.addr)
		}
	}
	for _, d := range all {
		switch by := holds[d.place()]; {
		case !chosen[d]:
			p.stay(d)
			p.leaving.leftOut = append(p.leaving.leftOut, d.addr)
		case by != "" && p.takesEdits(d):
			p.orphan(d, fmt.Sprintf("%s edits it, and is left out. It goes when that goes, too.", by))
		default:
			out = append(out, d)
		}
	}
	return out
}

// takesEdits reports whether something that departs is the whole of a thing that is taken away
// or put back as it was.
func (p *Planner) takesEdits(d *departure) bool {
	return d.was.Thing != "" && d.was.createdOrKept() && !d.was.Absent && !p.record.isEdit(d.was) && (p.opts.Destroy || p.heirOf(d.was) == nil)
}

// place is where something that departs is.
func (d *departure) place() string { return placeOf(d.was.LeadsTo, d.was.Machine, d.was.Thing) }
