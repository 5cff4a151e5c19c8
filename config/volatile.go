package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

const volatileDetail = "depends on timestamp(), uuid() or bcrypt(). Their values are known only at apply and differ each time, so no plan could tell what will happen. Use a fixed value, or plantimestamp(), which is known while planning."

// VolatileProblem is the problem of an expression that is new at every apply, but
// decides what the plan contains.
func VolatileProblem(what string, rng hcl.Range) *hcl.Diagnostic {
	return problem("Value is new at every apply", fmt.Sprintf("The argument %s %s", what, volatileDetail), rng)
}

// VolatileArgs names the arguments of a block that are new at every apply, in
// the schema's order.
func VolatileArgs(s kind.Schema, v cty.Value) []string {
	if !IsVolatile(v) {
		return nil
	}
	v, _ = v.Unmark()
	var out []string
	for _, a := range s.Attrs {
		if v.Type().HasAttribute(a.Name) && IsVolatile(v.GetAttr(a.Name)) {
			out = append(out, a.Name)
		}
	}
	return out
}

// VolatileProblems are the problems of arguments that name the thing or the context
// of a block, and are new at every apply.
func (b *Block) VolatileProblems(v cty.Value) (diags hcl.Diagnostics) {
	for _, name := range VolatileArgs(b.Def.Args, v) {
		a, _ := b.Def.Args.Attr(name)
		if b.Type == ContextBlock || a.Claims != "" || a.Edits != "" || a.Needs != "" {
			diags = append(diags, VolatileProblem(fmt.Sprintf("%q of %s", name, b.Address()), b.AttrRange(name)))
		}
	}
	return diags
}
