package planner

// A check of a file sees it without what later blocks edit, so it says that the content
// changes where the edits make the same of it again. If something else changes, such as its
// mode, these actions do not cancel out. Then the file is looked at once more, with its content
// left alone, and so are its edits: as of a file that nobody edits, only what differs changes.

// leaveContents looks for such files, and reports whether a host has to be asked again.
func (p *Planner) leaveContents() (again bool) {
	for _, n := range p.nodes {
		for _, i := range n.insts {
			switch {
			case i.stands == standsUntold && i.editedBack():
				i.stands = standsSo
			case i.stands == standsSo && !i.editsStand():
				i.stands = standsNot
			default:
				continue
			}
			p.rewind.askAgain(i)
			again = true
		}
	}
	return again
}

// editedBack reports whether an instance changes the content of a file, and blocks after it leave
// it as it is now.
func (i *instance) editedBack() bool {
	if i.verdict != done || i.departs != nil || !i.whole() || !i.rewrites() || !i.canStand() || i.opaqueBefore() {
		return false
	}
	was := i.change.Before[i.block().Def.Parts()]
	if was == nil || !i.otherContent() || len(i.change.Writes) != 1 {
		return false
	}
	var last *instance
	for _, w := range chainOrder(i.machine.writers[i.change.Writes[0]].all()) {
		if w.verdict != done || w.change == nil || len(w.unknown) > 0 || w.opaqueBefore() {
			return false
		}
		if w.otherContent() {
			last = w
		}
	}
	return last != nil && last != i && alike(was, last.change.After[last.block().Def.Parts()])
}

// editsStand reports whether all that claim the file are in the plan, and none of them changes
// its content.
func (i *instance) editsStand() bool {
	for _, thing := range i.things {
		for _, c := range i.machine.things[thing] {
			if q := c.inst; q.verdict != done || q.change != nil && q.otherContent() {
				return false
			}
		}
	}
	return i.verdict == done
}
