package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/mitoplan/mitoplan/config/marks"
)

// Condition is one precondition, postcondition or validation.
type Condition struct {
	Condition, ErrorMessage hcl.Expression
}

// Check evaluates the condition. The summary of the diagnostic says what failed,
// such as "Precondition failed". If the condition is not known yet, known is false
// and nothing has failed.
func (c Condition) Check(s *Scope, summary string) (known bool, diags hcl.Diagnostics) {
	return c.check(s, summary, true)
}

// check is Check. With report false it only evaluates, and a false condition is no
// failure.
func (c Condition) check(s *Scope, summary string, report bool) (known bool, diags hcl.Diagnostics) {
	v, ctx, diags := s.evalIn(c.Condition)
	if diags.HasErrors() {
		return false, diags
	}
	v, _ = v.Unmark()
	v, err := convert.Convert(v, cty.Bool)
	if err != nil || v.IsNull() {
		return false, append(diags, problem("Invalid condition", "A condition must be true or false, and this is neither.", c.Condition.Range()))
	}
	if !v.IsKnown() || v.True() || !report {
		return v.IsKnown(), diags
	}
	message, more := c.message(s)
	d := problem(summary, message, c.Condition.Range())
	d.Expression, d.EvalContext, d.Extra = c.Condition, ctx, written
	return true, append(append(diags, more...), d)
}

func (c Condition) message(s *Scope) (string, hcl.Diagnostics) {
	const none = "The condition does not hold, and its error_message cannot be shown."
	v, diags := EvalExpr(c.ErrorMessage, s, cty.String)
	switch {
	case diags.HasErrors(), !v.IsKnown(), IsEphemeral(v):
		return none, diags
	case IsSensitive(v):
		return "The condition does not hold. Its error_message refers to a sensitive value and is not shown.", diags
	case v.IsNull():
		return none, diags
	}
	return strings.TrimSpace(v.AsString()), diags
}

// Eval evaluates the preconditions, then the value. A sensitive or ephemeral value
// is refused if the output is not declared so. The value of a sensitive output is
// marked.
func (o *Output) Eval(s *Scope) (cty.Value, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	for _, c := range o.Preconditions {
		_, more := c.Check(s, "Precondition failed")
		diags = append(diags, more...)
	}
	v, more := EvalExpr(o.Value, s, cty.DynamicPseudoType)
	diags = append(diags, more...)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	if marks.Has(v, Sensitive) && !o.Sensitive {
		diags = append(diags, problem("Output refers to sensitive values", fmt.Sprintf("The output %q would show a sensitive value. If that is intended, mark it with sensitive = true.", o.Name), o.Value.Range()))
	}
	if IsEphemeral(v) && !o.Ephemeral {
		diags = append(diags, problem("Output refers to ephemeral values", fmt.Sprintf("The output %q would store an ephemeral value. If it need not be kept, mark it with ephemeral = true.", o.Name), o.Value.Range()))
	}
	if o.Sensitive {
		v = v.Mark(Sensitive)
	}
	return v, diags
}

// sortedNames are a map's keys in order.
func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
