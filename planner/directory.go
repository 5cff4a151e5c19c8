package planner

import (
	"fmt"

	"github.com/mitoplan/mitoplan/config"
)

// Instances are those that a block has expanded to, so that a message about a
// key that does not exist can name those that do.
func (p *Planner) Instances(address string) ([]config.Instance, bool) {
	n := p.byAddress[address]
	if n == nil || !n.expanded() {
		return nil, false
	}
	out := n.addressed()
	for k, i := range n.insts {
		out[k].Idle = i.idle()
		if i.verdict == disabled {
			out[k].Off = func() string { return p.whyDisabled(i) }
		}
	}
	return out, true
}

// whyDisabled says why an instance does not exist: by its own enabled, or by
// that of a context on the way to it.
func (p *Planner) whyDisabled(i *instance) string {
	for ctx := i.on; ctx != nil; ctx = ctx.via {
		if ctx.verdict == disabled {
			return fmt.Sprintf("%s is disabled: %s", ctx.addr, p.whyDisabled(ctx))
		}
	}
	if i.via != nil && i.via.verdict == disabled {
		return fmt.Sprintf("%s is disabled: %s", i.via.addr, p.whyDisabled(i.via))
	}
	if i.block().Enabled == nil {
		return "it is disabled"
	}
	return i.block().WhyDisabled(p.scopeOf(i))
}
