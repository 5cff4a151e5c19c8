package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// warning is something that the start of a context had to say, whether it
// succeeded or not.
type warning struct {
	inst *instance // the first in the plan's order that said it
	said *Failure
	by   map[string]bool // the addresses of all that said it
}

// key is what makes two warnings the same one.
func (w warning) key() string { return "\x02" + w.said.Summary + "\x00" + w.said.Detail }

// Warn keeps a warning from the start of a context. If several contexts say the
// same, for example about one file that all of them read, it is told once in a
// session, for the first of them.
func (p *Planner) Warn(address string, f *Failure) {
	i := p.instances[address]
	if i == nil {
		return
	}
	f = p.conceal(i, f)
	w := warning{i, f, map[string]bool{address: true}}
	if p.warned[w.key()] {
		return
	}
	at := slices.IndexFunc(p.warnings, func(other warning) bool { return other.key() == w.key() })
	if at < 0 {
		p.warnings = append(p.warnings, w)
		return
	}
	have := &p.warnings[at]
	have.by[address] = true
	if i.before(have.inst) {
		have.inst, have.said = i, f
	}
}

// warningLines is how many warnings are told as one.
const warningLines = 10

// contextWarnings are the warnings of contexts, in the order of the plan. Those
// of one kind are one, a line each: hosts differ in what a file says about them,
// and a fleet of 200 is not told 200 times.
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
	for k, w := range p.warnings {
		if slices.ContainsFunc(p.warnings[:k], func(first warning) bool { return first.said.Summary == w.said.Summary }) {
			continue
		}
		d := FailureDiagnostic(w.inst.block(), w.inst.addr, w.said)
		d.Severity, d.Detail = hcl.DiagWarning, together(p.warnings[k:], w.said.Summary)
		out = append(out, d)
	}
	return out
}

// together is the detail of all warnings with a summary, and how many contexts
// they are of.
func together(warnings []warning, summary string) string {
	var lines []string
	by, more := map[string]bool{}, 0
	for _, w := range warnings {
		if w.said.Summary != summary {
			continue
		}
		for address := range w.by {
			by[address] = true
		}
		if len(lines) >= warningLines {
			more++
			continue
		}
		lines = append(lines, w.said.Detail)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("And %d more like these.", more))
	}
	if len(by) > 1 {
		lines = append(lines, fmt.Sprintf("%d contexts have this warning.", len(by)))
	}
	return strings.Join(lines, "\n")
}

// forgetWarnings is called before an apply. Warnings that were shown with the
// plan are not shown again.
func (p *Planner) forgetWarnings() {
	for _, w := range p.warnings {
		p.warned[w.key()] = true
	}
	p.warnings = nil
}

// Diagnostics are the problems found so far: those of the configuration, then
// those of hosts, one for each instance. The same one of many instances differs
// in its Location only.
func (p *Planner) Diagnostics() hcl.Diagnostics {
	return append(append(p.contextWarnings(), p.diags...), p.failures...)
}

// forgetProblems drops the problems of planning, which have been shown. A context
// that was lost then may be tried, and lost, again.
func (p *Planner) forgetProblems() {
	p.diags, p.failures, p.reported = nil, nil, map[string]bool{}
	p.forgetWarnings()
}
