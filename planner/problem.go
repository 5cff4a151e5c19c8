package planner

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// problem is one failure, and every instance that has it.
type problem struct {
	inst      *instance
	failure   *Failure
	addresses []string
}

// report keeps a failure. The same one on many hosts is kept once, with the
// list of them.
func (p *Planner) report(i *instance, f *Failure) {
	key := i.node.addr + "\x00" + f.Attr + "\x00" + f.Summary + "\x00" + f.Detail
	g := p.grouped[key]
	if g == nil {
		g = &problem{inst: i, failure: f}
		p.grouped[key] = g
		p.order = append(p.order, key)
	}
	g.addresses = append(g.addresses, i.addr)
}

// Diagnostics are the problems found so far: those of the configuration, then
// those of hosts, each once.
func (p *Planner) Diagnostics() hcl.Diagnostics {
	out := append(hcl.Diagnostics{}, p.diags...)
	for _, key := range p.order {
		g := p.grouped[key]
		out = append(out, FailureDiagnostic(g.inst.block(), g.addresses, g.failure))
	}
	return out
}

// maxListed bounds how many addresses a diagnostic lists.
const maxListed = 20

// FailureDiagnostic is a failure at the user's eye: on the line of the argument
// that is to blame, with the instances that have it and the context chain.
func FailureDiagnostic(b *config.Block, addresses []string, f *Failure) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: f.Summary, Subject: b.AttrRange(f.Attr).Ptr()}
	var text strings.Builder
	if f.Detail != "" {
		text.WriteString(f.Detail + "\n\n")
	}
	switch {
	case len(addresses) == 1:
		fmt.Fprintf(&text, "%s", addresses[0])
	case len(addresses) > maxListed:
		fmt.Fprintf(&text, "%d instances: %s and %d more", len(addresses), strings.Join(addresses[:maxListed], ", "), len(addresses)-maxListed)
	default:
		fmt.Fprintf(&text, "%d instances: %s", len(addresses), strings.Join(addresses, ", "))
	}
	if len(f.Chain) > 0 {
		text.WriteString("\nin context " + strings.Join(f.Chain, " -> "))
	}
	d.Detail = text.String()
	return d
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
	if _, seen := p.grouped[key]; seen {
		return
	}
	p.grouped[key] = &problem{inst: i}
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

// claimConflict is two blocks that both manage one thing.
func (p *Planner) claimConflict(a, b *instance, thing string, bothWhole bool) {
	detail := fmt.Sprintf("%s and %s both manage %s on %s. ", a.addr, b.addr, thingName(thing), a.machine.name)
	if bothWhole {
		detail += "Each would undo what the other did at every apply. Remove one, or put both into one block."
	} else {
		detail += fmt.Sprintf("Nothing says which comes first. Add depends_on = [%s] to the one that comes second.", b.node.addr)
	}
	p.reportDiag(a, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two claims on one thing", Detail: detail,
		Subject: a.block().Range.Ptr(),
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
