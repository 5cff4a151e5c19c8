package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

var outputArgs = []string{"value", "description", "sensitive", "ephemeral", "depends_on"}

func (l *loader) locals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for _, a := range attrs {
		if !hclsyntax.ValidIdentifier(a.Name) {
			l.report(problem("Invalid name", fmt.Sprintf("%q cannot be a name.", a.Name), a.NameRange))
			continue
		}
		if !l.declare(localAddress(a.Name), a.NameRange) {
			continue
		}
		local := &Local{Name: a.Name, Expr: a.Expr, Range: a.NameRange}
		l.cfg.Locals[a.Name] = local
		l.expr(a.Expr, within{}, &local.refs)
	}
}

func (l *loader) output(b *hcl.Block) {
	o := &Output{Name: b.Labels[0], Range: b.DefRange}
	if !l.declare("output."+o.Name, b.DefRange) {
		return
	}
	where := fmt.Sprintf("the output %q", o.Name)
	c := l.fixed(b.Body, where, outputArgs, hcl.BlockHeaderSchema{Type: "precondition"})
	if a, ok := c.attrs["description"]; ok {
		_, _ = constant[string](l, a, cty.String) // for whoever reads the configuration
	}
	if a, ok := c.attrs["sensitive"]; ok {
		o.Sensitive, _ = constant[bool](l, a, cty.Bool)
	}
	if a, ok := c.attrs["ephemeral"]; ok {
		o.Ephemeral, _ = constant[bool](l, a, cty.Bool)
	}
	if a, ok := c.attrs["depends_on"]; ok {
		l.refList(a, &o.DependsOn, &o.refs)
	}
	for _, pre := range c.blocks {
		if cond, ok := l.condition(pre, within{}, &o.refs); ok {
			o.Preconditions = append(o.Preconditions, cond)
		}
	}
	if a, ok := l.required(c, where, "value", b.DefRange); ok {
		o.Value = a.Expr
		l.expr(a.Expr, within{}, &o.refs)
		l.cfg.Outputs[o.Name] = o
	}
}
