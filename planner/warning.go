package planner

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// warning is something that the start of a context had to say, whether it
// succeeded or not, or what is odd about a block.
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
	if i := p.instances[address]; i != nil {
		p.problems.warn(i, f)
	}
}

// warn keeps a warning.
func (ps *problems) warn(i *instance, f *Failure) {
	f = ps.secrets.conceal(i, f)
	w := warning{i, f, map[string]bool{i.addr: true}}
	if ps.warned[w.key()] {
		return
	}
	at := slices.IndexFunc(ps.warnings, func(other warning) bool { return other.key() == w.key() })
	if at < 0 {
		ps.warnings = append(ps.warnings, w)
		return
	}
	have := &ps.warnings[at]
	have.by[i.addr] = true
	if i.before(have.inst) {
		have.inst, have.said = i, f
	}
}

// warnPassing warns of a resource that is made of what is another value in every run, such
// as the process id of an agent: each plan finds a difference, and no apply ends that.
func (ps *problems) warnPassing(i *instance) {
	if i.isCall() || i.isContext() {
		return
	}
	for _, name := range i.args.Passing() {
		ps.warn(i, &Failure{
			Summary: "Value is another one in every run", Attr: name,
			Detail: fmt.Sprintf("The argument %q of %s depends on the pid of an agent, and every run starts its agents anew. So each plan finds a difference there, and a saved plan writes the pid of an agent that has ended. Leave it out, or use what stays, such as hostname or address.", name, i.block().Address()),
		})
	}
}

// warningLines is how many warnings are told as one.
const warningLines = 10

// contextWarnings are the warnings of contexts, in the order of the plan. Those
// of one kind are one, a line each: hosts differ in what a file says about them,
// and a fleet of 200 is not told 200 times.
func (ps *problems) contextWarnings() hcl.Diagnostics {
	slices.SortStableFunc(ps.warnings, func(a, b warning) int {
		switch {
		case a.inst.before(b.inst):
			return -1
		case b.inst.before(a.inst):
			return 1
		}
		return 0
	})
	var out hcl.Diagnostics
	for k, w := range ps.warnings {
		if slices.ContainsFunc(ps.warnings[:k], func(first warning) bool { return first.said.Summary == w.said.Summary }) {
			continue
		}
		d := FailureDiagnostic(w.inst.block(), w.inst.addr, w.said)
		d.Severity = hcl.DiagWarning
		words := together(ps.warnings[k:], w.said.Summary)
		at := d.Extra.(Location)
		d.Detail, at.Own = words.String(), words.Own()
		d.Extra = at
		out = append(out, d)
	}
	return out
}

// together is the detail of all warnings with a summary, and how many contexts, or
// blocks, they are of.
func together(warnings []warning, summary string) kind.Wording {
	var lines kind.Wording
	told := 0
	by, more, what := map[string]bool{}, 0, "contexts"
	for _, w := range warnings {
		if w.said.Summary != summary {
			continue
		}
		for address := range w.by {
			by[address] = true
		}
		if !w.inst.isContext() {
			what = "blocks"
		}
		if told >= warningLines {
			more++
			continue
		}
		if told++; told > 1 {
			lines.Add("\n")
		}
		lines.Add("%s", kind.WordingOf(w.said.Detail, w.said.Own))
	}
	if more > 0 {
		lines.Add("\nAnd %d more like these.", more)
	}
	if len(by) > 1 {
		lines.Add("\n%d %s have this warning.", len(by), kind.Rule(what))
	}
	return lines
}

// forgetWarnings is called before an apply. Warnings that were shown with the
// plan are not shown again.
func (ps *problems) forgetWarnings() {
	for _, w := range ps.warnings {
		ps.warned[w.key()] = true
	}
	ps.warnings = nil
}

// warnHidden warns of an output that is hidden although nobody declared it
// sensitive, and says why. It does so once, even if an apply follows the plan.
func (ps *problems) warnHidden(o *config.Output, v cty.Value) hcl.Diagnostics {
	if o.Sensitive || o.Ephemeral || !config.IsSensitive(v) || ps.warned[o.Name] {
		return nil
	}
	ps.warned[o.Name] = true
	return hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Output is hidden", Subject: o.Range.Ptr(),
		Detail: fmt.Sprintf("The value of output %q is hidden and not recorded, because the answer of a host contains a known secret. Set sensitive = true if that is expected, or output a part without the secret.", o.Name),
	}}
}

// Diagnostics are the problems found so far: those of the configuration, then
// those of hosts, one for each instance. The same one of many instances differs
// in its Location only.
func (p *Planner) Diagnostics() hcl.Diagnostics { return p.problems.all() }

func (ps *problems) all() hcl.Diagnostics {
	return append(append(ps.contextWarnings(), ps.diags...), ps.failures...)
}

// forget drops the problems of planning, which have been shown. A context that was
// lost then may be tried, and lost, again.
func (ps *problems) forget() {
	ps.diags, ps.failures, ps.reported, ps.first = nil, nil, map[string]bool{}, map[string]*toldOf{}
	ps.forgetWarnings()
}
