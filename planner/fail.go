package planner

import "github.com/hashicorp/hcl/v2"

// failDiags ends an instance with problems of its configuration.
func (p *Planner) failDiags(i *instance, diags hcl.Diagnostics) {
	reason := ""
	for _, d := range diags {
		p.problems.reportDiag(i, d)
		if reason == "" && d.Severity == hcl.DiagError {
			reason = d.Summary
		}
	}
	p.settle(i, failed, reason)
}
