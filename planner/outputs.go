package planner

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// Outputs evaluates the outputs over what has been applied, or over the plan
// before that. With -target it returns none, since not all that they refer to
// was looked at, and none are left if everything is destroyed.
func (p *Planner) Outputs() ([]*Output, hcl.Diagnostics) {
	if len(p.opts.Targets) > 0 || p.opts.Destroy {
		return nil, nil
	}
	var out []*Output
	var all hcl.Diagnostics
	for _, n := range p.nodes {
		p.rebuild(n)
	}
	for _, name := range sortedKeys(p.cfg.Outputs) {
		o := p.cfg.Outputs[name]
		v, diags := o.Eval(p.scope)
		if diags.HasErrors() {
			all = append(all, diags...)
			continue
		}
		all = append(all, p.problems.warnHidden(o, v)...)
		out = append(out, &Output{Name: name, Sensitive: o.Sensitive || config.IsSensitive(v), Ephemeral: o.Ephemeral, Cleared: p.secrets.clearedOutput(v), Value: v})
	}
	return out, all
}
