package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

const volatileDetail = "depends on timestamp(), uuid() or bcrypt(). Their values are known only at apply and differ each time, so no plan could tell what will happen. Use a fixed value, or plantimestamp(), which is known while planning."

// VolatileProblem is the problem of an expression that is new at every apply, but
// decides what the plan contains.
func VolatileProblem(what string, rng hcl.Range) *hcl.Diagnostic {
	return problem("Value is new at every apply", fmt.Sprintf("The argument %s %s", what, volatileDetail), rng)
}

// VolatileProblems are the problems of arguments that are new at every apply, but name
// the thing or the context of a block. It is given the names of all that are new.
func (b *Block) VolatileProblems(names []string) (diags hcl.Diagnostics) {
	for _, name := range names {
		a, _ := b.Def.Args.Attr(name)
		if b.Type == ContextBlock || a.Claims != "" || a.Edits != "" || a.Needs != "" || a.Reads != "" || a.Over != "" {
			diags = append(diags, VolatileProblem(fmt.Sprintf("%q of %s", name, b.Address()), b.AttrRange(name)))
		}
	}
	return diags
}
