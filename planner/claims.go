package planner

import (
	"fmt"
	"sort"
)

// checkClaims finds two blocks that manage one thing without an order.
func (p *Planner) checkClaims() {
	p.conflicts = map[[2]*instance]bool{}
	for _, name := range sortedKeys(p.machines) {
		m := p.machines[name]
		for _, thing := range sortedKeys(m.things) {
			p.checkThing(thing, m.things[thing])
		}
		for _, thing := range sortedKeys(m.writers) {
			p.checkWriters(thing, m.writers[thing])
		}
	}
}

func (p *Planner) checkThing(thing string, claims []claim) {
	for a := range claims {
		for _, c := range claims[a+1:] {
			first, second := claims[a], c
			if second.whole && !first.whole {
				first, second = second, first
			}
			switch {
			case first.whole && second.whole:
				p.claimConflict(first.inst, second.inst, thing, "Each would undo what the other did at every apply. Remove one, or put both into one block.")
			case ordered(first.inst, second.inst):
			case first.whole:
				p.claimConflict(first.inst, second.inst, thing, fmt.Sprintf("Nothing says which comes first. Add depends_on = [%s] to %s, so that it changes what is then there.", first.inst.node.addr, second.inst.node.addr))
			default:
				p.claimConflict(first.inst, second.inst, thing, unorderedAdvice(first.inst))
			}
		}
	}
}

func unorderedAdvice(first *instance) string {
	return fmt.Sprintf("Nothing says which comes first. Add depends_on = [%s] to the other, or the other way round.", first.node.addr)
}

// checkWriters finds conflicts that only the host could tell, such as one file
// under two names.
func (p *Planner) checkWriters(thing string, writers []*instance) {
	for a := range writers {
		for _, w := range writers[a+1:] {
			if !ordered(writers[a], w) {
				p.claimConflict(writers[a], w, thing, unorderedAdvice(writers[a]))
			}
		}
	}
}

func ordered(a, b *instance) bool { return comesAfter(a, b) || comesAfter(b, a) }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
