package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// markers are the instances that mark their part of a thing, as block does. They are looked up
// once for each number of claims, so that many edits of one file do not look at each other.
type markers struct {
	claims int
	insts  []*instance
}

// marked are the parts of what an instance edits that others manage between two marks. What the
// instance would put there, they would take for a change.
func (p *Planner) marked(i *instance) []resource.Marked {
	if i.departs != nil || i.whole() || marks(i) {
		return nil
	}
	var out []resource.Marked
	for _, thing := range i.things {
		for _, q := range i.machine.markersOf(thing) {
			part := p.parts.Of(q.block().Def, q.wire, q.unknown)
			m := resource.Marked{Marker: part.Marker, By: withPlace(q)}
			if q.verdict != disabled && part.Marker != "" && !part.Absent && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// markersOf are those of a thing.
func (m *machine) markersOf(thing kind.Thing) []*instance {
	claims := m.things[thing]
	if m.marked == nil {
		m.marked = map[kind.Thing]markers{}
	}
	known := m.marked[thing]
	for _, c := range claims[min(known.claims, len(claims)):] {
		if !c.whole && marks(c.inst) {
			known.insts = append(known.insts, c.inst)
		}
	}
	known.claims = len(claims)
	m.marked[thing] = known
	return known.insts
}

// marks reports whether an instance is of a kind that marks its part of a thing.
func marks(i *instance) bool {
	_, ok := i.block().Def.Args.Attr("marker")
	return ok
}
