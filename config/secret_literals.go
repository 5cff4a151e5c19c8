package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// gives notes the texts and numbers in an expression that become a secret, or a part of
// one. What selects one is none, such as a key or what a function with a reference is given.
func (v *hider) gives(expr hclsyntax.Expression) {
	if val, diags := expr.Value(nil); !diags.HasErrors() {
		v.literals = append(v.literals, SecretTexts(val.Mark(Sensitive))...)
		return
	}
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		v.gives(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		v.gives(e.Wrapped)
	case *hclsyntax.TemplateExpr:
		v.givesAll(e.Parts)
	case *hclsyntax.TupleConsExpr:
		v.givesAll(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			v.gives(item.ValueExpr)
		}
	case *hclsyntax.ConditionalExpr:
		v.gives(e.TrueResult)
		v.gives(e.FalseResult)
	case *hclsyntax.FunctionCallExpr:
		if len(e.Variables()) == 0 && !slices.Contains(fileFunctions, e.Name) {
			v.givesAll(e.Args)
		}
	}
}

func (v *hider) givesAll(list []hclsyntax.Expression) {
	for _, e := range list {
		v.gives(e)
	}
}

// broken notes the texts in the tokens of a value that is no expression.
func (v *hider) broken(tokens []hclsyntax.Token) {
	for _, t := range tokens {
		if t.Type == hclsyntax.TokenQuotedLit || t.Type == hclsyntax.TokenStringLit {
			v.literals = append(v.literals, string(t.Bytes))
		}
	}
}

// unclosed notes a text in quotes whose end is missing: the line on which it begins, and
// all up to the next quote, if it was meant to have several.
func (v *hider) unclosed(s Span) {
	text := bytes.TrimSpace(v.src[s.From:s.To])
	if at := bytes.IndexByte(text, '"'); at >= 0 {
		text = text[at+1:]
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	v.literals = append(v.literals, string(line), string(text))
}

// hideCompared records the texts in a condition, and the numbers that something is equal to.
func (v *hider) hideCompared(tokens []hclsyntax.Token) {
	n, closed := valueEnd(tokens, 0)
	if n == 0 || !closed || tokens[0].Type == hclsyntax.TokenOQuote {
		if n > 0 {
			v.add(Span{tokens[0].Range.Start.Byte, tokens[n-1].Range.End.Byte})
		}
		return
	}
	depth := 0
	for k, t := range tokens[:n] {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			if depth++; depth == 1 {
				v.out = append(v.out, Span{t.Range.End.Byte, t.Range.End.Byte})
			}
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			if depth--; depth == 0 {
				v.out[len(v.out)-1].To = t.Range.Start.Byte
			}
		case hclsyntax.TokenNumberLit:
			if depth == 0 && (compares(tokens, k-1) || compares(tokens, k+1)) {
				v.add(Span{t.Range.Start.Byte, t.Range.End.Byte})
			}
		}
	}
}

// compares reports an operator that tells whether two values are the same.
func compares(tokens []hclsyntax.Token, k int) bool {
	return k >= 0 && k < len(tokens) && (tokens[k].Type == hclsyntax.TokenEqualOp || tokens[k].Type == hclsyntax.TokenNotEqual)
}

func (v *hider) add(s Span) { v.out, v.to = append(v.out, s), max(v.to, s.To) }
