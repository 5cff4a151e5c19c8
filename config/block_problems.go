package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// Problems are what the kind finds wrong with its arguments in the form of ToWire,
// each at the argument to blame.
func (b *Block) Problems(wire map[string]any, unknown, sensitive []string) (diags hcl.Diagnostics) {
	for _, p := range b.Def.Problems(wire, unknown) {
		if slices.Contains(sensitive, p.Attr) || quotes(p.Detail, wire, sensitive) {
			p.Detail, p.Own = withoutValue(p), ""
		}
		d := problem(p.Summary, p.Detail, b.AttrRange(p.Attr))
		d.Extra = Told{Code: p.Code, Own: p.Own}
		diags = append(diags, d)
	}
	return diags
}

// Told is the Extra of a diagnostic that a kind.Problem became, or whose detail the
// configuration gives. Own is that of a kind.Problem. If it is empty, what of the detail is
// mitoplan's own is found by kind.Unquoted.
type Told struct {
	Code kind.Code
	Own  string
}

// DiagnosticCode is the code. Views ask for it through this method.
func (t Told) DiagnosticCode() string { return string(t.Code) }

// DiagnosticOwn is what of the detail are mitoplan's own words. Views ask for it, too.
func (t Told) DiagnosticOwn() string { return t.Own }

// written is the Extra of a diagnostic whose detail stands in the configuration: no word is
// mitoplan's own.
var written = Told{Own: " "}

// withoutValue is the detail of a problem without the value.
func withoutValue(p kind.Problem) string {
	const hidden = "The value is sensitive and is not shown here."
	switch p.Masked {
	case "":
		return hidden
	case p.Detail:
		return p.Detail // The kind never quotes the value.
	}
	return p.Masked + " " + hidden
}

// staticProblems are the Problems of what is known before any variable is.
func (b *Block) staticProblems(s *Scope) hcl.Diagnostics {
	as, diags := b.Eval(s)
	if diags.HasErrors() {
		return diags
	}
	diags = append(diags, b.VolatileProblems(as.Volatile())...)
	wire, unknown, sensitive, err := as.ToWire()
	if err != nil {
		return append(diags, problem("Value cannot be sent", prose.Capital(err.Error())+".", b.Range))
	}
	return append(diags, b.Problems(wire, unknown, sensitive)...)
}

// quotes reports a text that contains a string of one of the arguments.
func quotes(text string, wire map[string]any, arguments []string) bool {
	return slices.ContainsFunc(arguments, func(name string) bool { return quotesPart(text, wire[name]) })
}

func quotesPart(text string, v any) bool {
	if s, ok := textOf(v); ok {
		return s != "" && strings.Contains(text, s)
	}
	if items, ok := v.([]any); ok {
		return slices.ContainsFunc(items, func(e any) bool { return quotesPart(text, e) })
	}
	if pairs, ok := v.(map[string]any); ok {
		for key, e := range pairs {
			if key != "" && strings.Contains(text, key) || quotesPart(text, e) {
				return true
			}
		}
	}
	return false
}
