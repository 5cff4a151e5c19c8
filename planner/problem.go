package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// problems are what went wrong with a plan or an apply, and the warnings of
// contexts. The Planner has one, and it needs no Planner. Each problem is told once,
// however many instances have it and however often they are looked at.
type problems struct {
	secrets *secrets
	diags   hcl.Diagnostics // of the configuration
	// failures are those of hosts; withdraw takes them back.
	failures hcl.Diagnostics
	reported map[string]bool
	// first are the instances that problems of the configuration are told of.
	first map[string]*toldOf
	// warned are the outputs that a warning was given about, also an earlier one,
	// and the warnings of contexts that were told before an apply.
	warned map[string]bool
	// warnings are those of contexts; see warning.go.
	warnings []warning
}

func newProblems(s *secrets) *problems {
	return &problems{secrets: s, reported: map[string]bool{}, first: map[string]*toldOf{}, warned: map[string]bool{}}
}

// add keeps problems of the configuration that no instance has.
func (ps *problems) add(diags hcl.Diagnostics) { ps.diags = append(ps.diags, diags...) }

// report adds a failure of an instance to the diagnostics, once.
func (ps *problems) report(i *instance, f *Failure) {
	f = ps.secrets.conceal(i, f)
	key := i.addr + "\x00" + f.Attr + "\x00" + f.Summary + "\x00" + f.Detail
	if ps.reported[key] {
		return
	}
	ps.reported[key] = true
	ps.failures = append(ps.failures, FailureDiagnostic(i.block(), i.addr, f))
}

// withdraw removes the failures of an instance that is looked at again.
func (ps *problems) withdraw(i *instance) {
	ps.failures = slices.DeleteFunc(ps.failures, func(d *hcl.Diagnostic) bool {
		at, ok := d.Extra.(Location)
		return ok && at.Address == i.addr
	})
	for key := range ps.reported {
		if strings.HasPrefix(key, i.addr+"\x00") {
			delete(ps.reported, key)
		}
	}
}

// Location is the Extra of a diagnostic: the instance that has the problem, and
// the contexts from the controller to its own. Phase is how far the last of them
// had come, if that is what failed.
type Location struct {
	Address string
	Chain   []string
	Phase   string
	// Code tells what is wrong in programs; "" if a diagnostic has none.
	Code kind.Code
	// Own is what of the detail are mitoplan's own words: see kind.Problem.
	Own string
	// Host is true for what a host said or did, false for a mistake in the
	// configuration.
	Host bool
}

// DiagnosticAddress and DiagnosticChain are how a view asks for it.
func (l Location) DiagnosticAddress() string { return l.Address }

// DiagnosticChain is the context chain, outermost first.
func (l Location) DiagnosticChain() []string { return l.Chain }

// DiagnosticPhase is how far the context had come.
func (l Location) DiagnosticPhase() string { return l.Phase }

// DiagnosticCode tells problems apart in programs.
func (l Location) DiagnosticCode() string { return string(l.Code) }

// DiagnosticOwn tells a view which words of the detail are mitoplan's own.
func (l Location) DiagnosticOwn() string { return l.Own }

// DiagnosticHost tells a view that a host may have said the summary, too.
func (l Location) DiagnosticHost() bool { return l.Host }

// FailureDiagnostic returns what the user is shown of a failure, at the line of
// the argument that is to blame.
func FailureDiagnostic(b *config.Block, address string, f *Failure) *hcl.Diagnostic {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: f.Summary, Detail: f.Detail,
		Subject: b.AttrRange(f.Attr).Ptr(), Extra: Location{Address: address, Chain: f.Chain, Phase: f.Phase, Code: f.Code, Own: f.Own, Host: true},
	}
	if d.Subject.Filename == "" {
		d.Subject = nil // what departs is in no file
	}
	return d
}

// reportDiag keeps a diagnostic of the configuration, once for all instances
// of a block that have the same.
func (ps *problems) reportDiag(i *instance, d *hcl.Diagnostic) {
	key := "\x01" + d.Summary + "\x00" + d.Detail
	if d.Subject != nil {
		key += d.Subject.String()
	}
	told := ps.first[key]
	switch {
	case told == nil:
		ps.first[key] = &toldOf{i, d}
		ps.diags = append(ps.diags, d)
	case compareInstances(i, told.inst) >= 0:
		return
	default:
		told.inst = i
		told.diag.Extra = d.Extra
		d = told.diag
	}
	switch extra := d.Extra.(type) {
	case nil:
		d.Extra = Location{Address: i.addr}
	case config.Told:
		d.Extra = Location{Address: i.addr, Code: extra.Code, Own: extra.Own}
	}
}

// toldOf is the first instance, in the order of the configuration, that has a problem.
type toldOf struct {
	inst *instance
	diag *hcl.Diagnostic
}

func badValue(b *config.Block, err error) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Value cannot be sent", Subject: b.Range.Ptr(),
		Detail: fmt.Sprintf("An argument of %s has a value that cannot be sent to a host: %s.", b.Address(), err),
	}}
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
			p.problems.reportDiag(i, d)
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
