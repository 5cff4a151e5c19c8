package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// volatile keeps what uuid() and bcrypt() gave since the last SetTimes. An
// expression may be evaluated several times in one apply, and has to give the
// same each time: what a host was sent, what refers to it and what is recorded
// must be one value.
type volatile struct {
	site  site
	texts map[site]string
}

// site is one call of a function: the nth that one expression makes for one
// instance, with what it was given.
type site struct {
	expr     hcl.Range
	instance string
	call     string
	n        int
}

// enter begins the evaluation of an expression, which may be in the middle of
// another; what it returns ends it.
func (v *volatile) enter(expr hcl.Expression, instance string) func() {
	outer := v.site
	v.site = site{expr: expr.Range(), instance: instance}
	return func() { v.site = outer }
}

// volatileText is what makes gives: unknown while planning, and at apply the
// same for the same call of the same expression.
func (e *env) volatileText(call string, makes func() string) cty.Value {
	if e.now.IsZero() {
		return cty.UnknownVal(cty.String).Mark(Volatile)
	}
	v := &e.volatile
	at := v.site
	at.call = call
	v.site.n++
	text, ok := v.texts[at]
	if !ok {
		text = makes()
		if v.texts == nil {
			v.texts = map[site]string{}
		}
		v.texts[at] = text
	}
	return cty.StringVal(text)
}

// volatileTime is when the apply began, unknown while planning.
func (e *env) volatileTime() cty.Value {
	if e.now.IsZero() {
		return cty.UnknownVal(cty.String).Mark(Volatile)
	}
	return timeValue(e.now)
}

// IsVolatile reports whether a part of a value is not known because it is new
// at every apply.
func IsVolatile(v cty.Value) bool {
	return hasMarkDeep(v, Volatile) && !v.IsWhollyKnown()
}

const volatileDetail = "hangs on timestamp(), uuid() or bcrypt(). They are known at apply only and new each time, so that no plan could say what will happen. Use a fixed value, or plantimestamp(), which is known while planning."

// VolatileProblem is about an expression that decides what a plan is about and
// is new at every apply.
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

// VolatileProblems are about the arguments that say which thing a block means,
// or which context, and are new at every apply.
func (b *Block) VolatileProblems(v cty.Value) (diags hcl.Diagnostics) {
	for _, name := range VolatileArgs(b.Def.Args, v) {
		a, _ := b.Def.Args.Attr(name)
		if b.Type == ContextBlock || a.Claims != "" || a.Edits != "" || a.Needs != "" {
			diags = append(diags, VolatileProblem(fmt.Sprintf("%q of %s", name, b.Address()), b.AttrRange(name)))
		}
	}
	return diags
}
