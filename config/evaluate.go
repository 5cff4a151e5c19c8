package config

import (
	"github.com/zclconf/go-cty/cty"
)

// evaluate evaluates everything once with nothing known but types, which finds
// what no value could make right.
func (l *loader) evaluate() {
	c := l.cfg
	s := NewScope(c, c.unknownVariables())
	for _, bs := range [][]*Block{c.Contexts, c.Resources, c.Calls} {
		for _, b := range bs {
			b.prepare(c, s)
		}
	}
	for _, n := range l.nodes() {
		if local, ok := c.Locals[n.address[min(len(n.address), len("local.")):]]; ok && n.address == local.Address() {
			_, diags := s.local(n.address)
			l.diags = append(l.diags, diags...)
		}
		if b := c.byAddress[n.address]; b != nil {
			l.evaluateBlock(b, s)
		}
	}
	for _, o := range c.Outputs {
		_, diags := o.Eval(s)
		l.diags = append(l.diags, diags...)
	}
}

func (c *Config) unknownVariables() map[string]cty.Value {
	vars := make(map[string]cty.Value, len(c.Variables))
	for name, v := range c.Variables {
		vars[name] = v.mark(cty.UnknownVal(v.Type))
	}
	return vars
}

func (l *loader) evaluateBlock(b *Block, outer *Scope) {
	s := outer.Child()
	s.On, s.Self = &cty.DynamicVal, &cty.DynamicVal
	if b.ForEach != nil {
		_, _, diags := b.EvalForEach(s)
		l.diags = append(l.diags, diags...)
		s.Each = &Each{Key: cty.UnknownVal(cty.String).RefineNotNull(), Value: cty.DynamicVal}
	}
	_, _, diags := b.EvalCount(s)
	l.diags = append(l.diags, diags...)
	_, _, diags = b.EvalEnabled(s)
	l.diags = append(l.diags, diags...)
	_, diags = b.EvalTimeout(s)
	l.diags = append(l.diags, diags...)
	l.diags = append(l.diags, b.staticProblems(s)...)
	if b.Triggers != nil {
		_, diags = s.eval(b.Triggers)
		l.diags = append(l.diags, diags...)
	}
	for _, cond := range append(b.Lifecycle.Preconditions, b.Lifecycle.Postconditions...) {
		_, diags = cond.check(s, "", false)
		l.diags = append(l.diags, diags...)
	}
}
