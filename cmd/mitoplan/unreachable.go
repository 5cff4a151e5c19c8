package main

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// unreachable turns errors about places that are away into warnings, if -allow-unreachable
// is set. whole is true if all errors are about contexts that could not be started. hosts is
// true if all others were reported by hosts. away is true if there are errors, and
// -allow-unreachable forgives them all.
func (op *operation) unreachable(p *planner.Plan, diags hcl.Diagnostics) (out hcl.Diagnostics, whole, hosts, away bool) {
	missing := op.rangesOf(p.NotStarted())
	whole, hosts, away = true, true, diags.HasErrors()
	for _, d := range diags {
		at, _ := d.Extra.(planner.Location)
		switch of := d.Subject != nil && missing[*d.Subject]; {
		case d.Severity != hcl.DiagError:
		case of && at.Host && at.Code.Away():
			d = op.forgiven(d)
		default:
			away = false
			whole, hosts = whole && of, hosts && (of || at.Host)
		}
		out = append(out, d)
	}
	return out, whole, hosts, away
}

// rangesOf are the places in the configuration at which errors about these contexts are told.
func (op *operation) rangesOf(contexts []*planner.Context) map[hcl.Range]bool {
	at := map[hcl.Range]bool{}
	for _, c := range contexts {
		b := op.cfg.Block(config.BlockAddress(c.Address))
		if b == nil {
			continue
		}
		at[b.Range] = true
		for name := range b.Attrs {
			at[b.AttrRange(name)] = true
		}
	}
	return at
}

// forgiven is an error about a place that is away, as it is told: -allow-unreachable makes it
// a warning.
func (op *operation) forgiven(d *hcl.Diagnostic) *hcl.Diagnostic {
	if !op.opts.unreachable {
		return d
	}
	warning := *d
	warning.Severity = hcl.DiagWarning
	return &warning
}
