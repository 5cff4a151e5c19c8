package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// reservedVariables would be taken for arguments of a module block.
var reservedVariables = []string{"source", "version", "on", "for_each", "count", "enabled", "depends_on", "lifecycle", "locals", "rollout"}

var variableArgs = []string{"type", "default", "description", "sensitive", "ephemeral", "nullable"}

func (l *loader) variable(b *hcl.Block) {
	v := &Variable{Name: b.Labels[0], Range: b.DefRange, Type: cty.DynamicPseudoType, Nullable: true}
	if !l.declare(VariableAddress(v.Name), b.DefRange) {
		return
	}
	if slices.Contains(reservedVariables, v.Name) {
		l.report(problem("Invalid name", fmt.Sprintf("A variable cannot be named %q: the word is an argument of every module.", v.Name), b.LabelRanges[0]))
	}
	l.cfg.Variables[v.Name] = v
	c := l.fixed(b.Body, fmt.Sprintf("the variable %q", v.Name), variableArgs, hcl.BlockHeaderSchema{Type: "validation"})
	l.flags(v, c)
	if a, ok := c.attrs["type"]; ok {
		l.variableType(v, a)
	}
	if a, ok := c.attrs["default"]; ok {
		l.variableDefault(v, a)
	}
	for _, block := range c.blocks {
		if cond, ok := l.condition(block, within{varsOnly: true}, &[]Reference{}); ok {
			v.Validations = append(v.Validations, cond)
		}
	}
}

func (l *loader) flags(v *Variable, c bodyContent) {
	for name, to := range map[string]*bool{"sensitive": &v.Sensitive, "ephemeral": &v.Ephemeral, "nullable": &v.Nullable} {
		if a, ok := c.attrs[name]; ok {
			*to, _ = constant[bool](l, a, cty.Bool)
		}
	}
	if a, ok := c.attrs["description"]; ok {
		v.Description, _ = constant[string](l, a, cty.String)
	}
}

func (l *loader) variableType(v *Variable, a *hcl.Attribute) {
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
	for _, d := range diags {
		d.Detail = typeDetail(d.Detail, a.Expr)
		l.report(d)
	}
	if !diags.HasErrors() {
		v.Type, v.defaults, v.typed = ty, defaults, true
	}
}

// typeDetail adds to what is wrong with a type how types are written.
func typeDetail(detail string, expr hcl.Expression) string {
	if text, ok := literalText(expr); ok && slices.Contains([]string{"string", "number", "bool", "any", "list", "map", "set"}, text) {
		return fmt.Sprintf("A type is written without quotes: %s.", text)
	}
	return detail + " Types are string, number, bool, any, list(TYPE), set(TYPE), map(TYPE), tuple([TYPE, …]) and object({ NAME = TYPE, … })."
}

func (l *loader) variableDefault(v *Variable, a *hcl.Attribute) {
	for _, t := range a.Expr.Variables() {
		l.report(problem("Value not constant", fmt.Sprintf("The default of variable %q must be a constant: variables get their values before anything else. For a computed value, use a local.", v.Name), t.SourceRange()))
		return
	}
	val, diags := a.Expr.Value(nil)
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		return
	}
	val, err := v.convert(val)
	if err != nil {
		rng := a.Expr.Range()
		l.report(problem("Invalid default value", fmt.Sprintf("The default of variable %q does not fit its type: %s.", v.Name, conversionDetail(err)), narrow(a.Expr, err, rng)))
		return
	}
	if val.IsNull() && !v.Nullable {
		l.report(problem("Invalid default value", fmt.Sprintf("The variable %q has nullable = false, so its default cannot be null.", v.Name), a.Expr.Range()))
		return
	}
	v.Default = val
}
