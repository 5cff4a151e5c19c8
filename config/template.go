package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// templates reads templates for the functions templatefile() and
// templatestring(), with the same guards and words as files of configuration.
type templates struct{}

// Parse refuses what nests too deeply, and parses the rest.
func (templates) Parse(src []byte, name string) (hclsyntax.Expression, hcl.Diagnostics) {
	if d := guardTemplate(src, name); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	expr, diags := hclsyntax.ParseTemplate(src, name, hcl.InitialPos)
	if !diags.HasErrors() {
		return expr, nil
	}
	tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
	diags = syntaxProblems(src, tokens, diags)
	for _, d := range diags {
		d.Detail = sentenceEnd(d.Detail)
	}
	return nil, diags
}

// Explain rewords what the evaluator said, and leaves out what was made of a
// secret.
func (templates) Explain(expr hcl.Expression, ctx *hcl.EvalContext, diags hcl.Diagnostics) hcl.Diagnostics {
	return plain(conceal(expr, ctx, diags))
}
