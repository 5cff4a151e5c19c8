package planner

import "slices"

// cancelOut finds chains of actions on one thing that together leave it as it
// is, and marks each member. The check of the last member has said so.
func (o *ordering) cancelOut() {
	for _, m := range o.machines {
		restored := map[*instance]int{} // how many of the things that each writes end as they are now
		for thing, r := range m.writers {
			writers := r.all()
			last := lastOf(writers)
			if last == nil || last.change == nil || !slices.Contains(last.change.Restores, thing) {
				continue
			}
			for _, w := range writers {
				restored[w]++
			}
		}
		for _, r := range m.writers {
			for _, w := range r.all() {
				w.setCancelsOut(w.change != nil && len(w.change.Writes) > 0 && len(w.unknown) == 0 && restored[w] == len(w.change.Writes))
			}
		}
	}
}

// lastOf is the writer that comes after all others, nil if there is none.
func lastOf(writers []*instance) *instance {
	if len(writers) == 1 {
		return writers[0]
	}
	before := map[*instance]bool{} // what any of them comes after
	for _, w := range writers {
		if !before[w] {
			addBefore(w, before)
		}
	}
	var last *instance
	for _, w := range writers {
		switch {
		case before[w]:
		case last != nil:
			return nil
		default:
			last = w
		}
	}
	return last
}

// addBefore adds everything that comes before an instance to a set that is
// closed in this respect.
func addBefore(i *instance, set map[*instance]bool) {
	for stack := []*instance{i}; len(stack) > 0; {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, q := range x.preds {
			if !set[q] {
				set[q] = true
				stack = append(stack, q)
			}
		}
	}
}
