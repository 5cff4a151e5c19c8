package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// evaluateArgs evaluates the instance's own arguments until they are final. It
// returns false while more may become known.
func (p *Planner) evaluateArgs(i *instance) bool {
	if i.passed(evaluated) {
		return true
	}
	p.refreshEach(i.node)
	s := p.scopeOf(i)
	if !p.preconditions(i, s) {
		return false
	}
	args, diags := i.block().Eval(s)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	wire, unknown, sensitive, err := args.ToWire()
	if err != nil {
		p.failDiags(i, badValue(i.block(), err))
		return false
	}
	if diags := i.block().Problems(wire, unknown, sensitive); diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	volatile := args.Volatile()
	if diags := i.block().VolatileProblems(volatile); diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	i.value, i.volatile = cty.NilVal, volatile
	i.args, i.wire, i.unknown, i.sensitive = args, wire, unknown, withSecrets(i.block().Def.Args, sensitive, wire, unknown)
	if len(unknown) > 0 && !p.refsSettled(i) {
		p.wakeValues(i)
		return false
	}
	if len(unknown) > 0 && p.excludeFor(i) {
		return false
	}
	if cause := p.brokenRef(i); cause != "" && len(unknown) > 0 {
		p.settle(i, skipped, cause)
		return false
	}
	if !p.evaluateTimeout(i, s) || !p.readSource(i) {
		return false
	}
	p.problems.warnPassing(i)
	i.move(evaluate)
	return true
}

// preconditions checks them as soon as they are known, and waits for what they
// refer to. Those that only an apply can tell are checked by Task.
func (p *Planner) preconditions(i *instance, s *config.Scope) bool {
	i.preconditionOpen, i.timeoutOpen = false, false
	for _, c := range i.block().Lifecycle.Preconditions {
		known, diags := c.Check(s, "Precondition failed")
		if diags.HasErrors() {
			p.failDiags(i, diags)
			return false
		}
		i.preconditionOpen = i.preconditionOpen || !known
	}
	return p.metaDone(i)
}

// metaDone reports whether a precondition or the timeout will not become better
// known in this plan. If that hangs on a problem, or on what was left out, it
// settles the instance.
func (p *Planner) metaDone(i *instance) bool {
	if !i.metaOpen() {
		return true
	}
	if !p.refsSettled(i) {
		p.wakeValues(i)
		return false
	}
	if p.excludeFor(i) {
		return false
	}
	if cause := p.brokenRef(i); cause != "" {
		p.settle(i, skipped, cause)
		return false
	}
	return true
}

// evaluateTimeout evaluates the timeout, and waits for what it refers to. One that
// only an apply can tell is evaluated once more by prepare.
func (p *Planner) evaluateTimeout(i *instance, s *config.Scope) bool {
	d, known, diags := i.block().EvalTimeout(s)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	i.timeout = d
	if known {
		return true
	}
	i.timeoutOpen = true
	return p.metaDone(i)
}

// readSource adds the content of the controller's file that an argument names, and
// finds out which file is saved there.
func (p *Planner) readSource(i *instance) bool {
	diags := p.addSource(i.block(), i.wire)
	diags = append(diags, p.addSave(i)...)
	if diags.HasErrors() {
		p.failDiags(i, diags)
		return false
	}
	return true
}

// addSource adds what is sent with arguments that name a file of the controller.
func (p *Planner) addSource(b *config.Block, wire map[string]any) hcl.Diagnostics {
	attrs := b.Def.Args.Attrs
	for k := range attrs {
		a := &attrs[k]
		if a.Sends == "" {
			continue
		}
		texts := wireTexts(wire[a.Name])
		if len(texts) != 1 {
			continue
		}
		if a.Tree != "" {
			strip, _ := wire[a.Strip].(int64)
			list, contents, diags := p.cfg.Tree(b, *a, texts[0], wireTexts(wire[a.Except]), int(strip))
			if diags.HasErrors() {
				return diags
			}
			wire[a.Sends], wire[a.Tree] = list, sourceToWire(contents)
			continue
		}
		content, diags := p.cfg.Source(b, *a, texts[0])
		if diags.HasErrors() {
			return diags
		}
		wire[a.Sends] = sourceToWire(content)
	}
	return nil
}

// sourceToWire is the wire value of a file of the controller: its bytes, or the name of
// a long one.
func sourceToWire(s files.Source) any {
	switch {
	case s.Large != nil:
		return kind.NameContent(s.Large.Sum, s.Large.Size)
	case s.Data == nil:
		return []byte{} // An empty file is not a missing one.
	}
	return s.Data
}
