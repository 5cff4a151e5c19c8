package planner

import "github.com/mitoplan/mitoplan/internal/kind"

// companions are the edits that -target brings along with the owner of the thing that
// they edit. The Planner has one list of them, and it needs no Planner.
type companions struct {
	*agenda
	absent *absentees
	// brought are the addresses of those that came along, in order.
	brought []string
}

// bringEdits adds to a plan with -target the edits of each thing whose owner was
// asked for. It reports whether there was one more. They are looked at as what
// the owner depends on is.
func (cs *companions) bringEdits() bool {
	owners := cs.absent.wantedOwners()
	if len(owners) == 0 {
		return false
	}
	any := false
	for _, e := range cs.absent.edits() {
		if e.verdict == excluded && e.editsOneOf(owners) {
			any = cs.bring(e) || any
		}
	}
	return any
}

// wantedOwners are the machines of those that own the whole of a thing, by the
// thing.
func (as *absentees) wantedOwners() map[kind.Thing][]*machine {
	out := map[kind.Thing][]*machine{}
	for _, n := range as.nodes {
		for _, i := range n.insts {
			if !i.wanted || i.machine == nil || i.isCall() || !i.whole() || i.verdict != done {
				continue
			}
			if part := as.parts.Of(i.block().Def, i.wire, i.unknown); !part.Whole || part.Absent {
				continue
			}
			for _, thing := range i.things {
				out[thing] = append(out[thing], i.machine)
			}
		}
	}
	return out
}

func (e *absentee) editsOneOf(owners map[kind.Thing][]*machine) bool {
	for _, thing := range e.things {
		for _, m := range owners[thing] {
			if e.on(m) {
				return true
			}
		}
	}
	return false
}

// bring adds one edit to the plan. If the instances of its block are not known
// yet, it has the block expanded first. What -exclude left out is not brought
// back.
func (cs *companions) bring(e *absentee) bool {
	switch {
	case e.inst == nil:
		if e.node.sought || e.node.ended() {
			return false
		}
		cs.seek(e.node)
		return true
	case e.inst.verdict != pending || e.machine == nil:
		return false
	}
	cs.brought = append(cs.brought, e.addr)
	cs.want(e.inst)
	return true
}
