package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// spread carries marks of sensitive values on to whatever is made of them. It is
// called when an answer or an argument turned out to be sensitive after it had
// been looked at, and goes on until nothing more turns out so. Values do not
// change by that, so no host is asked again.
func (p *Planner) spread() {
	for round := 0; round <= len(p.nodes) && p.secrets.takeLate(); round++ {
		for _, n := range p.nodes {
			for _, i := range n.insts {
				if i.verdict == done {
					p.markAgain(i)
				}
			}
			n.outdateValue()
			p.refresh(n)
		}
	}
}

// markAgain marks the answer and the arguments of an instance with what is known
// to be sensitive now.
func (p *Planner) markAgain(i *instance) {
	switch {
	case i.facts != nil:
		p.secrets.echo(i, &i.echoed, i.facts)
		i.value = cty.NilVal
	case i.reply != nil:
		p.secrets.echo(i, &i.echoed, i.reply.Results)
	case i.change != nil:
		p.secrets.echoChange(i, i.change)
	}
	if i.passed(evaluated) && !i.isContext() {
		p.evaluateMarks(i)
	}
	p.secrets.taint(i)
}

// evaluateMarks evaluates arguments for their marks alone.
func (p *Planner) evaluateMarks(i *instance) {
	args, diags := i.block().Eval(p.scopeOf(i))
	if diags.HasErrors() {
		p.failMarks(i, diags)
		return
	}
	wire, unknown, sensitive, err := args.ToWire()
	if err != nil {
		p.failMarks(i, badValue(i.block(), err))
		return
	}
	if sensitive = withSecrets(i.block().Def.Args, sensitive, wire, unknown); len(sensitive) == len(i.sensitive) {
		return
	}
	if diags := i.block().Problems(wire, unknown, sensitive); diags.HasErrors() {
		p.failMarks(i, diags)
		return
	}
	i.args, i.sensitive = args, sensitive
	p.secrets.learn(i)
}

// failMarks fails an instance whose arguments may not be as sensitive as they
// turned out to be.
func (p *Planner) failMarks(i *instance, diags hcl.Diagnostics) {
	for _, d := range diags {
		p.problems.reportDiag(i, d)
	}
	i.breaks()
}
