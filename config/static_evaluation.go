package config

import (
	"github.com/zclconf/go-cty/cty"
)

// evaluate evaluates everything once with unknown variables of the right types. It
// finds the mistakes that no value could make right.
func (l *loader) evaluate() {
	c := l.cfg
	plain := NewScope(c, c.unknownVariables())
	s := NewScope(c, c.unknownVariables())
	for _, bs := range [][]*Block{c.Contexts, c.Resources, c.Calls} {
		for _, b := range bs {
			b.prepare(c, s)
		}
	}
	expandStatic(c, s)
	l.checkMentions(s)
	for _, n := range l.nodes() {
		if c.Local(n.address) != nil {
			_, diags := s.local(n.address)
			l.diags = append(l.diags, diags...)
		}
		if b := c.byAddress[n.address]; b != nil {
			l.evaluateBlock(b, s, plain)
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

// evaluateBlock evaluates a block in outer, the scope that knows instances. A block
// that may be disabled is evaluated in plain instead: the instances that it refers to
// may be disabled together with it.
func (l *loader) evaluateBlock(b *Block, outer, plain *Scope) {
	if b.Enabled != nil && !b.surelyEnabled(outer) {
		outer = plain
	}
	s := outer.Child()
	s.On, s.Self, s.Instance = &cty.DynamicVal, &cty.DynamicVal, b.Address()
	if b.ForEach != nil {
		_, _, diags := b.EvalForEach(s)
		l.diags = append(l.diags, diags...)
		s.Each = &Each{Key: cty.UnknownVal(cty.String).RefineNotNull(), Value: cty.DynamicVal}
	}
	_, _, diags := b.EvalCount(s)
	l.diags = append(l.diags, diags...)
	_, _, diags = b.EvalEnabled(s)
	l.diags = append(l.diags, diags...)
	_, _, diags = b.EvalTimeout(s)
	l.diags = append(l.diags, diags...)
	l.diags = append(l.diags, b.checkPlace(s, "on", b.On)...)
	l.diags = append(l.diags, b.checkPlace(s, "via", b.Via)...)
	problems := b.staticProblems(s)
	if l.diags = append(l.diags, problems...); !problems.HasErrors() {
		l.diags = append(l.diags, l.cfg.missingSources(b, s)...)
		l.diags = append(l.diags, l.cfg.badSaves(b, s)...)
	}
	if b.Triggers != nil {
		_, diags = s.eval(b.Triggers)
		l.diags = append(l.diags, diags...)
	}
	for _, cond := range append(b.Lifecycle.Preconditions, b.Lifecycle.Postconditions...) {
		_, diags = cond.check(s, "", false)
		l.diags = append(l.diags, diags...)
	}
}
