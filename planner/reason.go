package planner

import (
	"cmp"

	"github.com/hashicorp/hcl/v2"
)

// why says what a deferred instance waits for. For a context that is reached
// through other deferred contexts, it says what the first of these waits for.
func (i *instance) why() string { return cmp.Or(i.cause, i.reason) }

// behind says why something waits that runs in, or is reached through, a
// deferred context.
func behind(ctx *instance) string { return ctx.addr + " " + ctx.why() }

// awaited says why an expression of an instance is unknown, or any of its
// expressions if expr is nil: because a context is deferred, or because an apply
// does something first.
func (i *instance) awaited(expr hcl.Expression) string {
	for _, r := range i.node.refs {
		if expr != nil && !standsIn(expr, r.at) {
			continue
		}
		for _, q := range match(i, r) {
			switch {
			case q.verdict == deferred && q.isContext():
				i.cause = q.why()
				return behind(q)
			case q.verdict == deferred, q.verdict == done && q.changes():
				return "waits for " + q.addr
			}
		}
	}
	return "depends on values that are known after apply"
}
