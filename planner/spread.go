package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// spread looks again at everything, for as long as more turns out to be
// sensitive than was known when it was looked at: marks travel on to what is
// made of it. Values do not change, so nothing has to be asked again.
func (p *Planner) spread() {
	for round := 0; p.secrets.stale && round <= len(p.nodes); round++ {
		p.secrets.stale = false
		for _, n := range p.nodes {
			for _, i := range n.insts {
				if i.outcome == done {
					p.markAgain(i)
				}
			}
			n.stale = true
			p.refresh(n)
		}
	}
}

// markAgain looks at the answer and the arguments of an instance with what is
// known to be sensitive now.
func (p *Planner) markAgain(i *instance) {
	switch {
	case i.facts != nil:
		p.echo(i, &i.echoed, i.facts)
		i.value = cty.NilVal
	case i.reply != nil:
		p.echo(i, &i.echoed, i.reply.Results)
	case i.change != nil:
		p.echoChange(i, i.change)
	}
	if i.passed(evaluated) && !i.isContext() {
		p.evaluateMarks(i)
	}
	p.taint(i)
}

// evaluateMarks evaluates arguments for their marks alone.
func (p *Planner) evaluateMarks(i *instance) {
	v, diags := i.block().Eval(p.scopeOf(i))
	if diags.HasErrors() {
		p.failMarks(i, diags)
		return
	}
	wire, unknown, sensitive, err := config.ToWire(i.block().Def.Args, v)
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
	i.args, i.sensitive = v, sensitive
	p.learn(i)
}

// failMarks fails an instance whose arguments may not be as sensitive as they
// turned out to be.
func (p *Planner) failMarks(i *instance, diags hcl.Diagnostics) {
	for _, d := range diags {
		p.reportDiag(i, d)
	}
	p.breaks(i)
}
