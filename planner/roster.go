package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// roster is a list of instances without doubles, in the order in which they were added.
// Any of them is taken out in as many steps as one is added. The zero value is empty.
// Mostly there is one: each thing of a machine has a roster of its own.
type roster struct {
	order []*instance       // with nil where one was taken out of a long list
	at    map[*instance]int // nil while the list is short
}

// shortRoster is how many are looked for one by one.
const shortRoster = 8

// add puts an instance at the end, also one that is in the list.
func (r *roster) add(i *instance) {
	r.remove(i)
	r.order = append(r.order, i)
	switch {
	case r.at != nil:
		r.at[i] = len(r.order) - 1
	case len(r.order) > shortRoster:
		r.at = make(map[*instance]int, len(r.order))
		r.number()
	}
}

func (r *roster) remove(i *instance) {
	if r.at == nil {
		if at := slices.Index(r.order, i); at >= 0 {
			r.order = slices.Delete(r.order, at, at+1)
		}
		return
	}
	at, ok := r.at[i]
	if !ok {
		return
	}
	delete(r.at, i)
	r.order[at] = nil
	if len(r.order) > 2*len(r.at)+shortRoster {
		r.order = r.all()
		r.number()
	}
}

func (r *roster) number() {
	for at, i := range r.order {
		r.at[i] = at
	}
}

// all returns a list of its own.
func (r roster) all() []*instance {
	out := make([]*instance, 0, r.len())
	for _, i := range r.order {
		if i != nil {
			out = append(out, i)
		}
	}
	return out
}

func (r roster) len() int {
	if r.at == nil {
		return len(r.order)
	}
	return len(r.at)
}

// writes notes that an instance writes a thing, after all others that do.
func (m *machine) writes(thing kind.Thing, i *instance) {
	r := m.writers[thing]
	r.add(i)
	m.writers[thing] = r
}

// writesNoMore takes that back.
func (m *machine) writesNoMore(thing kind.Thing, i *instance) {
	if r, ok := m.writers[thing]; ok {
		r.remove(i)
		m.writers[thing] = r
	}
}
