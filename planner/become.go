package planner

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// A context whose account does not exist yet waits for the apply. A context whose
// account exists and only gets another comment, for example, does not change by that.
// It is started, and its blocks are planned. The apply still changes the account first.

// holdsUp reports whether q, which comes before the instance, does something
// that the instance has to wait for.
func (i *instance) holdsUp(q *instance) bool {
	return q.changes() && !i.passes(q)
}

// passes reports whether a context can be started before the change of its
// account q is applied, because the context is the same before and after that
// change. It cannot if depends_on asks for the order.
func (i *instance) passes(q *instance) bool {
	if !i.isContext() || q.isCall() || !q.block().Def.Claims("user") || q.change == nil || q.change.Op != resource.Update || i.dependsOn(q) {
		return false
	}
	changed := changedAttrs(q)
	return len(changed) > 0 && !slices.ContainsFunc(changed, func(name string) bool { return !i.cosmetic(name) })
}

// cosmetic reports whether an attribute of an account makes no difference to a
// context that runs as it: neither to whether it starts, nor to its numbers,
// groups and home.
func (i *instance) cosmetic(attr string) bool {
	def := i.block().Def
	return contains(def.Unmoved, attr) && !contains(def.Heeded(i.wire), attr)
}

// dependsOn reports whether depends_on puts an instance after another.
func (i *instance) dependsOn(q *instance) bool {
	return slices.ContainsFunc(i.node.refs, func(r ref) bool {
		return r.explicit && r.to == q.node && slices.Contains(match(i, r), q)
	})
}

// changedAttrs are the attributes that a change sets to something else, or may:
// those that are known after apply count.
func changedAttrs(i *instance) []string {
	out := slices.Clone(i.unknown)
	for name, after := range i.change.After {
		if before, ok := i.change.Before[name]; !ok || !alike(before, after) {
			out = append(out, name)
		}
	}
	for name := range i.change.Before {
		if _, ok := i.change.After[name]; !ok {
			out = append(out, name)
		}
	}
	return out
}

// afterAccounts orders an action after the changes of accounts that its context
// was started before, and after those of the contexts that it is reached
// through.
func (o *ordering) afterAccounts(i *instance) {
	for ctx := i.on; ctx != nil; ctx = ctx.via {
		for _, q := range ctx.preds {
			if q.changes() && ctx.passes(q) {
				o.impliedOrder(i, q)
			}
		}
	}
}
