package planner

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// warning is what the start of a context had to say beside how it went.
type warning struct {
	inst *instance // the first in the plan's order that said it
	said *Failure
}

// key is what makes two warnings the same one.
func (w warning) key() string { return "\x02" + w.said.Summary + "\x00" + w.said.Detail }

// Warn keeps what a context warns of. Where several contexts say the same, such
// as of one file that all of them read, the first of them is shown; in one
// session it is told once.
func (p *Planner) Warn(address string, f *Failure) {
	i := p.instances[address]
	if i == nil {
		return
	}
	f = p.conceal(i, f)
	w := warning{i, f}
	if p.warned[w.key()] {
		return
	}
	at := slices.IndexFunc(p.warnings, func(other warning) bool { return other.key() == w.key() })
	switch {
	case at < 0:
		p.warnings = append(p.warnings, w)
	case i.before(p.warnings[at].inst):
		p.warnings[at] = w
	}
}

// contextWarnings are the warnings of contexts, in the order of the plan.
func (p *Planner) contextWarnings() hcl.Diagnostics {
	slices.SortStableFunc(p.warnings, func(a, b warning) int {
		switch {
		case a.inst.before(b.inst):
			return -1
		case b.inst.before(a.inst):
			return 1
		}
		return 0
	})
	var out hcl.Diagnostics
	for _, w := range p.warnings {
		d := FailureDiagnostic(w.inst.block(), w.inst.addr, w.said)
		d.Severity = hcl.DiagWarning
		out = append(out, d)
	}
	return out
}

// forgetWarnings ends the time in which warnings are collected: what was told
// before an apply is not told again by it.
func (p *Planner) forgetWarnings() {
	for _, w := range p.warnings {
		p.warned[w.key()] = true
	}
	p.warnings = nil
}
