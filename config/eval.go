package config

import (
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// EvalExpr evaluates one expression and converts the result; marks and
// unknowns are kept. cty.DynamicPseudoType takes any type.
func EvalExpr(expr hcl.Expression, s *Scope, want cty.Type) (cty.Value, hcl.Diagnostics) {
	v, ctx, diags := s.evalIn(expr)
	if diags.HasErrors() {
		return cty.UnknownVal(want), diags
	}
	out, err := fit(v, want)
	if err != nil {
		d := problem("Wrong type of value", "The value does not fit: "+conversionDetail(err)+".", narrow(expr, err, expr.Range()))
		d.Expression, d.EvalContext = expr, ctx
		return cty.UnknownVal(want), append(diags, d)
	}
	return out, diags
}

// eval evaluates without converting.
func (s *Scope) eval(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	v, _, diags := s.evalIn(expr)
	return v, diags
}

// evalIn also returns the context, from which a diagnostic shows the values
// that were involved.
func (s *Scope) evalIn(expr hcl.Expression) (cty.Value, *hcl.EvalContext, hcl.Diagnostics) {
	c, diags := s.env.config.compiledOf(expr)
	if diags.HasErrors() {
		return cty.DynamicVal, nil, diags
	}
	ctx, diags := s.evalContext(c)
	defer s.env.functions.Leave(s.env.functions.Enter(expr, s.Instance))
	v, more := expr.Value(ctx)
	diags = append(diags, s.explain(more, plain(conceal(expr, ctx, more)))...)
	if diags.HasErrors() {
		return cty.DynamicVal, ctx, diags
	}
	return v.WithMarks(c.keyMarks(ctx)), ctx, diags
}

// evalContext gathers the values that an expression refers to.
func (s *Scope) evalContext(c *compiled) (*hcl.EvalContext, hcl.Diagnostics) {
	if len(c.roots) == 0 {
		return s.env.functions.Context(), nil
	}
	var diags hcl.Diagnostics
	ctx := s.env.functions.Context().NewChild()
	ctx.Variables = make(map[string]cty.Value, len(c.roots))
	for i := range c.roots {
		ctx.Variables[c.roots[i].name] = s.value(&c.roots[i], &diags)
	}
	return ctx, diags
}

func (s *Scope) value(b *binding, diags *hcl.Diagnostics) cty.Value {
	if len(b.members) > 0 {
		attrs := make(map[string]cty.Value, len(b.members))
		for i := range b.members {
			attrs[b.members[i].name] = s.value(&b.members[i], diags)
		}
		return cty.ObjectVal(attrs)
	}
	switch b.kind {
	case RefOn:
		return orUnknown(s.On)
	case RefSelf:
		return orUnknown(s.Self)
	case RefEach:
		if s.Each == nil {
			return cty.DynamicVal
		}
		return s.Each.word()
	case RefCount:
		return s.countWord()
	case RefPath:
		return pathWord()
	case RefLocal:
		v, more := s.local(b.address)
		*diags = append(*diags, more...)
		return v
	}
	if v, ok := s.env.values[b.address]; ok {
		return v
	}
	return cty.DynamicVal
}

func orUnknown(v *cty.Value) cty.Value {
	if v == nil {
		return cty.DynamicVal
	}
	return *v
}

func (s *Scope) countWord() cty.Value {
	index := cty.UnknownVal(cty.Number).RefineNotNull()
	if s.Count != nil {
		index = cty.NumberIntVal(int64(*s.Count))
	}
	return cty.ObjectVal(map[string]cty.Value{"index": index})
}

// word is the value of each. Instances on many contexts share an Each, so it is made
// once.
func (e *Each) word() cty.Value {
	if e.object == cty.NilVal {
		e.object = cty.ObjectVal(map[string]cty.Value{"key": e.Key, "value": e.Value})
	}
	return e.object
}

// pathWord is the value of path. Relative paths begin in the configuration's
// directory, so path.module is ".".
func pathWord() cty.Value {
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "."
	}
	return cty.ObjectVal(map[string]cty.Value{
		"module": cty.StringVal("."), "root": cty.StringVal("."), "cwd": cty.StringVal(cwd),
	})
}

// local is the value of a local. It is evaluated once, and again after something
// that it refers to was set. Its diagnostics are reported the first time only;
// after that the value is unknown.
func (s *Scope) local(address string) (cty.Value, hcl.Diagnostics) {
	if v, ok := s.env.values[address]; ok {
		return v, nil
	}
	if v, ok := s.env.locals[address]; ok {
		return v, nil
	}
	local := s.env.config.Local(address)
	if local == nil {
		return cty.DynamicVal, nil
	}
	s.env.locals[address] = cty.DynamicVal // also if a cycle comes back to it
	v, diags := (&Scope{env: s.env}).eval(local.Expr)
	s.env.locals[address] = v
	return v, diags
}
