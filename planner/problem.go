package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// report keeps a failure of an instance, once.
func (p *Planner) report(i *instance, f *Failure) {
	key := i.addr + "\x00" + f.Attr + "\x00" + f.Summary + "\x00" + f.Detail
	if p.reported[key] {
		return
	}
	p.reported[key] = true
	p.failures = append(p.failures, FailureDiagnostic(i.block(), i.addr, f))
}

// Diagnostics are the problems found so far: those of the configuration, then
// those of hosts, one for each instance. The same one of many instances differs
// in its Location only.
func (p *Planner) Diagnostics() hcl.Diagnostics {
	return append(append(hcl.Diagnostics{}, p.diags...), p.failures...)
}

// Location is the Extra of a diagnostic: the instance that has the problem, and
// the contexts from the controller to its own.
type Location struct {
	Address string
	Chain   []string
	// Host is true for what a host said or did, false for a mistake in the
	// configuration.
	Host bool
}

// DiagnosticAddress and DiagnosticChain are how a view asks for it.
func (l Location) DiagnosticAddress() string { return l.Address }

// DiagnosticChain is the context chain, outermost first.
func (l Location) DiagnosticChain() []string { return l.Chain }

// FailureDiagnostic is a failure at the user's eye: on the line of the argument
// that is to blame.
func FailureDiagnostic(b *config.Block, address string, f *Failure) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: f.Summary, Detail: f.Detail,
		Subject: b.AttrRange(f.Attr).Ptr(), Extra: Location{Address: address, Chain: f.Chain, Host: true},
	}
}

// failDiags ends an instance with problems of its configuration.
func (p *Planner) failDiags(i *instance, diags hcl.Diagnostics) {
	for _, d := range diags {
		p.reportDiag(i, d)
	}
	p.settle(i, failed, diags.Error())
}

// reportDiag keeps a diagnostic of the configuration, once for all instances
// of a block that have the same.
func (p *Planner) reportDiag(i *instance, d *hcl.Diagnostic) {
	key := "\x01" + d.Summary + "\x00" + d.Detail
	if d.Subject != nil {
		key += d.Subject.String()
	}
	if p.reported[key] {
		return
	}
	p.reported[key] = true
	if d.Extra == nil {
		d.Extra = Location{Address: i.addr}
	}
	p.diags = append(p.diags, d)
}

func notAContext(arg, problem string, rng hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Not a context", Subject: &rng,
		Detail: fmt.Sprintf("`%s` takes a context, such as context.ssh.web, or for `on` a collection of them; %s.", arg, problem),
	}}
}

func badValue(b *config.Block, err error) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Value cannot be sent", Subject: b.Range.Ptr(),
		Detail: fmt.Sprintf("An argument of %s has a value that no host can be sent: %s.", b.Address(), err),
	}}
}

// claimConflict is two blocks that both manage one thing. It is told once, at
// the second of them, however many names the thing has.
func (p *Planner) claimConflict(a, b *instance, thing, advice string) {
	if p.conflicts[[2]*instance{a, b}] || p.conflicts[[2]*instance{b, a}] {
		return
	}
	p.conflicts[[2]*instance{a, b}] = true
	p.reportDiag(b, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: b.block().Range.Ptr(),
		Detail: fmt.Sprintf("%s and %s both manage %s on %s. %s", a.addr, b.addr, thingName(thing), a.machine.name, advice),
	})
}

// checkPost evaluates the postconditions of an instance on what is known of it.
func (p *Planner) checkPost(i *instance) hcl.Diagnostics {
	s := p.scopeOf(i)
	self := p.instanceValue(i)
	s.Self = &self
	var all hcl.Diagnostics
	for _, c := range i.block().Lifecycle.Postconditions {
		_, diags := c.Check(s, "Postcondition failed")
		for _, d := range diags {
			p.reportDiag(i, d)
		}
		all = append(all, diags...)
	}
	return all
}

// outputValue evaluates an output.
func (p *Planner) outputValue(o *config.Output) (cty.Value, hcl.Diagnostics) {
	for _, r := range o.References() {
		if n := p.byAddress[r.Address]; n != nil {
			p.refresh(n)
		}
		if r.Kind == config.RefLocal {
			for _, lr := range p.localRefs(r.Address, map[string]bool{}) {
				if n := p.byAddress[lr.Address]; n != nil {
					p.refresh(n)
				}
			}
		}
	}
	return o.Eval(p.scope)
}
