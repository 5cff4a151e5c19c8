package planner

import "github.com/mitoplan/mitoplan/internal/resource"

// checkedBefore returns the resources of the same machine whose effects an
// instance sees. On each way back through the predecessors it takes the nearest,
// and passes through what is no such resource: a call, or something on another
// machine.
func checkedBefore(i *instance) []*instance {
	var out []*instance
	seen := map[*instance]bool{}
	var visit func(x *instance)
	visit = func(x *instance) {
		for _, q := range x.preds {
			switch {
			case seen[q]:
			case q.machine == i.machine && !q.isContext() && !q.isCall() && q.verdict != disabled && !q.held:
				seen[q] = true
				out = append(out, q)
			default:
				seen[q] = true
				visit(q)
			}
		}
	}
	visit(i)
	return out
}

// deltas are the effects of what comes before an instance and happens in
// another context of its machine, in an order in which each comes after its own
// predecessors. What is before a predecessor in the instance's own context came
// with that one's check.
func deltas(i *instance) []resource.Delta {
	var out []resource.Delta
	seen := map[*instance]bool{}
	var visit func(x *instance)
	visit = func(x *instance) {
		before := checkedBefore(x)
		for _, q := range before {
			if seen[q] || q.on == i.on {
				continue
			}
			seen[q] = true
			visit(q)
		}
		if x != i && x.change != nil {
			out = append(out, resource.Delta{Address: x.addr, Attempt: x.attempt, After: addresses(before), Effects: x.change.Effects})
		}
	}
	visit(i)
	return out
}

func addresses(insts []*instance) []string {
	out := make([]string, len(insts))
	for k, i := range insts {
		out[k] = i.addr
	}
	return out
}
