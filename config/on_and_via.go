package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// NotAContext is the problem of a value of on or via that is not a context; on may
// also be a collection of contexts. element is the key of the element to blame, or
// nil to blame the whole value.
func (b *Block) NotAContext(c *Config, arg string, v cty.Value, element *Key) *hcl.Diagnostic {
	expr := b.On
	if arg == "via" {
		expr = b.Via
	}
	takes := "a context"
	if arg == "on" {
		takes = "a context, or a map of contexts"
	}
	subject := "this"
	if element != nil {
		subject = "its element " + element.String()
	}
	return problem("Not a context", fmt.Sprintf("The argument %q of %s takes %s, and %s is %s.%s", arg, b.describe(), takes, subject, Describe(v), c.contextHint(b, arg, expr, v)), expr.Range())
}

// contextHint says how to write the context that was probably meant.
func (c *Config) contextHint(b *Block, arg string, expr hcl.Expression, v cty.Value) string {
	v, marks := v.Unmark()
	if v.IsKnown() && !v.IsNull() && v.Type() == cty.String && !IsSecret(cty.True.WithMarks(marks)) {
		if address := c.contextNamed(v.AsString()); address != "" {
			if _, native := expr.(hclsyntax.Expression); !native {
				return fmt.Sprintf(" Write %q: \"${%s}\".", arg, address)
			}
			return fmt.Sprintf(" Write %s = %s, without quotes.", arg, address)
		}
	}
	switch names := c.contextAddresses(b); {
	case len(names) == 0:
		return fmt.Sprintf(" Declare a context, such as context \"local\" \"here\" {}, and write %s = context.local.here.", arg)
	case len(names) <= maxKeys:
		return fmt.Sprintf(" There is %s.", prose.List(names, prose.All))
	}
	return fmt.Sprintf(" Write it as context.KIND.NAME, such as %s.", c.contextAddresses(b)[0])
}

// contextAddresses are the contexts that a block may name: all but itself.
func (c *Config) contextAddresses(from *Block) (names []string) {
	for _, b := range c.Contexts {
		if b != from {
			names = append(names, b.Address())
		}
	}
	slices.Sort(names)
	return names
}

// checkPlace reports a value of on or via that cannot be a context, whatever the
// hosts answer.
func (b *Block) checkPlace(s *Scope, arg string, expr hcl.Expression) hcl.Diagnostics {
	if expr == nil {
		return nil
	}
	c := s.env.config
	m, isMention := c.mentionOf(expr)
	if isMention && m.ref.Kind == RefContext && len(m.steps) == 0 && (arg == "on" || !c.byAddress[m.ref.Address].mayExpand(c)) {
		return nil
	}
	if isMention {
		if d := b.namesNoContext(c, arg, expr, m); d != nil {
			return hcl.Diagnostics{d}
		}
	}
	v, diags := b.EvalPlace(s, arg, expr)
	if diags.HasErrors() {
		return diags
	}
	v, _ = v.Unmark()
	ty := v.Type()
	switch {
	case v.IsNull() && arg == "via":
		return diags
	case ty.IsPrimitiveType() || ty.IsSetType() || v.IsNull():
		return append(diags, b.NotAContext(c, arg, v, nil))
	case ty.IsMapType() && ty.ElementType().IsPrimitiveType(), ty.IsListType() && ty.ElementType().IsPrimitiveType():
		return append(diags, b.NotAContext(c, arg, v, nil))
	case !v.IsKnown() || !v.CanIterateElements():
		return diags
	case arg == "via": // an object: no context is known here as one
		return append(diags, b.NotAContext(c, arg, v, nil))
	}
	for it := v.ElementIterator(); it.Next(); {
		key, elem := it.Element()
		if elem.Type().IsPrimitiveType() && !elem.IsNull() {
			k, _ := keyOfValue(key)
			return append(diags, b.NotAContext(c, arg, elem, &k))
		}
	}
	return diags
}

// namesNoContext reports a reference to something else in on or via.
func (b *Block) namesNoContext(c *Config, arg string, expr hcl.Expression, m mention) *hcl.Diagnostic {
	target := c.byAddress[m.ref.Address]
	if target == nil || target.Def == nil {
		return nil
	}
	switch {
	case m.ref.Kind == RefResource || m.ref.Kind == RefCall && len(m.steps) == 0:
		detail := fmt.Sprintf("The argument %q of %s takes a context, and %s is a %s.", arg, b.describe(), target.Address(), target.Type)
		if target.On != nil {
			detail += fmt.Sprintf(" To run in the same context, write on = %s.", c.sourceText(target.On.Range()))
		}
		return problem("Not a context", detail, expr.Range())
	case arg == "via" && m.ref.Kind == RefContext && len(m.steps) == 0 && (target.ForEach != nil || target.Count != nil):
		return b.viaSeveral(c, target, expr)
	case m.ref.Kind == RefContext && len(m.steps) == 1 && m.steps[0].name != "" && !target.mayExpand(c):
		return problem("Not a context", fmt.Sprintf("The argument %q of %s takes the context itself: leave out .%s.", arg, b.describe(), m.steps[0].name), m.steps[0].rng)
	}
	return nil
}

// viaSeveral is the problem of a via that names all instances of a context, but
// takes one.
func (b *Block) viaSeveral(c *Config, target *Block, expr hcl.Expression) *hcl.Diagnostic {
	address, why := target.Address(), "has several instances"
	if axes, _ := target.axes(c); len(axes) > 0 {
		why = axes[0].meaning()
	}
	write := fmt.Sprintf("For a context on each of them write for_each = %s and via = each.value, for one on a single one via = %s[\"KEY\"].", address, address)
	switch {
	case b.ForEach != nil && c.sourceText(b.ForEach.Range()) == address:
		write = "Write via = each.value."
	case b.ForEach != nil:
		write = fmt.Sprintf("For the one with the same key write via = %s[each.key].", address)
	case b.Count != nil:
		write = fmt.Sprintf("For the one with the same number write via = %s[count.index].", address)
	case target.Count != nil:
		write = fmt.Sprintf("For a context on each of them write count = length(%s) and via = %s[count.index], for one on a single one via = %s[0].", address, address, address)
	}
	return problem("Not a context", fmt.Sprintf("The argument \"via\" of %s takes one context, and %s %s. %s", b.describe(), address, why, write), expr.Range())
}
