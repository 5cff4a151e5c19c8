package planner

import "github.com/mitoplan/mitoplan/internal/kind"

// roster is a list of instances without doubles, in the order in which they were added.
// Any of them is taken out in as many steps as one is added. The zero value is empty.
type roster struct {
	order []*instance // with nil where one was taken out
	at    map[*instance]int
}

// add puts an instance at the end, also one that is in the list.
func (r *roster) add(i *instance) {
	r.remove(i)
	if r.at == nil {
		r.at = map[*instance]int{}
	}
	r.at[i] = len(r.order)
	r.order = append(r.order, i)
}

func (r *roster) remove(i *instance) {
	at, ok := r.at[i]
	if !ok {
		return
	}
	delete(r.at, i)
	r.order[at] = nil
	if len(r.order) > 2*len(r.at)+8 {
		r.order = r.all()
		for at, i := range r.order {
			r.at[i] = at
		}
	}
}

// all returns a list of its own.
func (r *roster) all() []*instance {
	if r == nil {
		return nil
	}
	out := make([]*instance, 0, len(r.at))
	for _, i := range r.order {
		if i != nil {
			out = append(out, i)
		}
	}
	return out
}

func (r *roster) len() int {
	if r == nil {
		return 0
	}
	return len(r.at)
}

// writes notes that an instance writes a thing, after all others that do.
func (m *machine) writes(thing kind.Thing, i *instance) {
	r := m.writers[thing]
	if r == nil {
		r = &roster{}
		m.writers[thing] = r
	}
	r.add(i)
}

// writesNoMore takes that back.
func (m *machine) writesNoMore(thing kind.Thing, i *instance) {
	if r := m.writers[thing]; r != nil {
		r.remove(i)
	}
}
