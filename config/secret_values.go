package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// valueEnd is how many tokens a value has, and whether it ends where it should. In brackets
// it ends with them.
func valueEnd(tokens []hclsyntax.Token, brackets int) (n int, closed bool) {
	depth := brackets
	for n, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCHeredoc:
			if depth--; depth < brackets {
				return n, true
			}
		case hclsyntax.TokenQuotedNewline:
			return n, false
		case hclsyntax.TokenEOF:
			return n, true
		case hclsyntax.TokenNewline, hclsyntax.TokenComma, hclsyntax.TokenComment:
			if depth == 0 {
				return n, true
			}
		}
	}
	return len(tokens), true
}

// fileFunctions take the name of a file first, which is no secret.
var fileFunctions = []string{"file", "filebase64", "templatefile"}

// onlyRefers reports an expression whose text says nothing about its value, such as
// var.password. A single word is not a reference: it may be a password whose quotes
// were forgotten.
func onlyRefers(expr hclsyntax.Expression) bool {
	switch e := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return len(e.Traversal) > 1
	case *hclsyntax.RelativeTraversalExpr:
		return onlyRefers(e.Source)
	case *hclsyntax.IndexExpr:
		return onlyRefers(e.Collection)
	case *hclsyntax.ParenthesesExpr:
		return onlyRefers(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return onlyRefers(e.Wrapped)
	case *hclsyntax.LiteralValueExpr:
		return e.Val.IsNull()
	case *hclsyntax.FunctionCallExpr:
		args := e.Args
		if len(args) > 0 && slices.Contains(fileFunctions, e.Name) {
			args = args[1:]
		}
		return !slices.ContainsFunc(args, func(a hclsyntax.Expression) bool { return !onlyRefers(a) })
	}
	return false
}
