package config

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// EvalForEach evaluates for_each. The instances are sorted by key; known is false if
// the keys are not known yet. A block without for_each returns none.
func (b *Block) EvalForEach(s *Scope) (instances []Each, known bool, diags hcl.Diagnostics) {
	if b.ForEach == nil {
		return nil, true, nil
	}
	v, ctx, diags := s.evalIn(b.ForEach)
	if diags.HasErrors() {
		return nil, false, diags
	}
	detail := forEachDetail(v)
	v, _ = v.Unmark() // no secret: forEachDetail says so
	if detail == "" && v.IsKnown() && v.Type().IsSetType() && !v.IsWhollyKnown() {
		return nil, false, diags // which elements are equal is not known
	}
	if detail == "" && !v.IsKnown() {
		return nil, false, diags
	}
	if detail == "" {
		instances, detail = eachOf(v)
	}
	if detail != "" {
		d := problem("Invalid for_each value", fmt.Sprintf("The argument \"for_each\" of %s %s", b.describe(), detail), b.ForEach.Range())
		d.Expression, d.EvalContext = b.ForEach, ctx
		return nil, false, append(diags, d)
	}
	return instances, true, diags
}

// forEachDetail says why a value cannot be iterated over.
func forEachDetail(v cty.Value) string {
	if v.HasMark(Volatile) && IsVolatile(v) {
		return volatileDetail
	}
	if detail := secretAdvice(cty.True.WithMarks(v.Marks()), "its keys become addresses, which are shown and kept"); detail != "" {
		return detail
	}
	ty := v.Type()
	switch {
	case v.IsNull():
		return "is null. Use an empty map for no instances, or enabled."
	case ty == cty.DynamicPseudoType || ty.IsMapType() || ty.IsObjectType():
		return ""
	case ty.IsSetType() && (ty.ElementType() == cty.String || ty.ElementType() == cty.DynamicPseudoType):
		return ""
	case ty.IsTupleType() || ty.IsListType():
		return fmt.Sprintf("must be a map or a set of strings, and this is %s, whose elements have no lasting keys. Convert it to a set with toset().", Describe(v))
	}
	return fmt.Sprintf("must be a map or a set of strings, and this is %s.", Describe(v))
}

func eachOf(v cty.Value) (instances []Each, detail string) {
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if v.Type().IsSetType() {
			key = value
		}
		if key.IsNull() {
			return nil, "holds a null, which cannot be a key."
		}
		instances = append(instances, Each{Key: key, Value: value})
	}
	slices.SortFunc(instances, func(a, b Each) int { return strings.Compare(a.Key.AsString(), b.Key.AsString()) })
	return instances, ""
}

// maxCount bounds count, so that a typing error does not make millions of
// instances.
const maxCount = 1_000_000

// EvalCount evaluates count. known is false if it is not known yet.
func (b *Block) EvalCount(s *Scope) (n int, known bool, diags hcl.Diagnostics) {
	if b.Count == nil {
		return 0, true, nil
	}
	v, diags := b.metaValue(s, "count", b.Count, cty.Number)
	if diags.HasErrors() || !v.IsKnown() {
		return 0, false, diags
	}
	i, acc := v.AsBigFloat().Int64()
	if acc != big.Exact || i < 0 || i > maxCount {
		return 0, false, append(diags, problem("Invalid count value", fmt.Sprintf("The argument \"count\" of %s must be a whole number from 0 to %d.", b.describe(), maxCount), b.Count.Range()))
	}
	return int(i), true, diags
}

// EvalEnabled evaluates enabled, which is true if it is not set. known is false if it
// is not known yet.
func (b *Block) EvalEnabled(s *Scope) (enabled, known bool, diags hcl.Diagnostics) {
	if b.Enabled == nil {
		return true, true, nil
	}
	v, diags := b.metaValue(s, "enabled", b.Enabled, cty.Bool)
	if diags.HasErrors() || !v.IsKnown() {
		return false, false, diags
	}
	return v.True(), true, diags
}

// EvalTimeout evaluates timeout. The result is 0 if it is not set or not known.
func (b *Block) EvalTimeout(s *Scope) (d time.Duration, known bool, diags hcl.Diagnostics) {
	if b.Timeout == nil {
		return 0, true, nil
	}
	v, diags := b.metaValue(s, "timeout", b.Timeout, cty.String)
	if diags.HasErrors() || !v.IsKnown() {
		return 0, false, diags
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d <= 0 {
		return 0, false, append(diags, problem("Invalid duration", durationDetail("timeout", v.AsString()), b.Timeout.Range()))
	}
	return d, true, diags
}

// metaValue evaluates a meta-argument. What it decides is visible in every plan, so
// it may be neither null nor secret.
func (b *Block) metaValue(s *Scope, name string, expr hcl.Expression, ty cty.Type) (cty.Value, hcl.Diagnostics) {
	v, ctx, diags := s.evalIn(expr)
	if diags.HasErrors() {
		return cty.UnknownVal(ty), diags
	}
	detail := secretAdvice(v, "what is done would show it")
	v, err := fit(v, ty)
	switch {
	case detail != "":
	case err != nil:
		detail = mustBe(plainValue(ty), err)
	case IsVolatile(v):
		detail = volatileDetail
	case v.IsNull():
		detail = "is null. Leave the argument out, or give it a value."
	}
	if detail == "" {
		v, _ = v.Unmark() // no secret, as was seen above
		return v, diags
	}
	d := problem("Invalid "+name+" value", fmt.Sprintf("The argument %q of %s %s", name, b.describe(), detail), expr.Range())
	d.Expression, d.EvalContext = expr, ctx
	return cty.UnknownVal(ty), append(diags, d)
}

func durationDetail(arg, text string) string {
	return fmt.Sprintf("The argument %q must be a duration above zero such as \"30s\" or \"1m30s\", and %q is not.", arg, text)
}

// EvalPlace evaluates on or via; arg is its name. The context becomes a part of
// addresses, which are shown, so the choice may not depend on a secret.
func (b *Block) EvalPlace(s *Scope, arg string, expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	v, ctx, diags := s.evalIn(expr)
	if diags.HasErrors() || !v.IsMarked() {
		return v, diags
	}
	if v.HasMark(Volatile) && IsVolatile(v) {
		return cty.DynamicVal, append(diags, VolatileProblem(fmt.Sprintf("%q of %s", arg, b.Address()), expr.Range()))
	}
	v, marks := v.Unmark()
	advice := secretAdvice(cty.True.WithMarks(marks), "addresses are made of it")
	if advice == "" {
		return v, diags
	}
	d := problem("Secret in an address", fmt.Sprintf("The argument %q of %s %s", arg, b.describe(), advice), expr.Range())
	d.Expression, d.EvalContext = expr, ctx
	return cty.DynamicVal, append(diags, d)
}
