package config

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Span is a part of a file, in bytes from its beginning; To is behind it.
type Span struct{ From, To int }

// SecretSpans are the parts of a source, HCL or JSON, that may not be quoted, in the
// order of the source. They are the values of all arguments whose name any kind
// declares a secret, wherever they are: a misplaced argument holds a password, too. A
// mere reference may be quoted, and so may the name of a file that is read. The
// tokens of the source decide, not its blocks, so that it works for sources with
// errors as well.
func (c *Config) SecretSpans(src []byte) []Span {
	v := hider{src: src, names: c.catalogue.secrets()}
	for at := 0; at < len(src); {
		at = v.lex(at)
	}
	slices.SortFunc(v.out, func(a, b Span) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	return v.out
}

// secrets are the names of the arguments that any kind declares a secret.
func (c *Catalogue) secrets() map[string]bool {
	out := map[string]bool{}
	for _, t := range []BlockType{ContextBlock, ResourceBlock, CallBlock} {
		for _, k := range c.kinds(t) {
			for _, a := range k.Args.Attrs {
				if a.Secret {
					out[a.Name] = true
				}
			}
		}
	}
	return out
}

// hider finds secret spans in the tokens of a source.
type hider struct {
	src   []byte
	names map[string]bool
	out   []Span
}

// lex searches the tokens from an offset on, and returns the offset to continue at.
// After a line with an unclosed quote the tokens are read anew.
func (v *hider) lex(from int) int {
	tokens, _ := hclsyntax.LexConfig(v.src[from:], "", hcl.Pos{Byte: from, Line: 1, Column: 1})
	broken := slices.IndexFunc(tokens, func(t hclsyntax.Token) bool { return t.Type == hclsyntax.TokenQuotedNewline })
	for k := range tokens {
		if broken >= 0 && k > broken {
			break
		}
		if value := v.value(tokens, k); value > 0 {
			v.hide(tokens[value:])
		}
	}
	if broken < 0 {
		return len(v.src)
	}
	return tokens[broken].Range.End.Byte
}

// value is the index of the token at which the value of the name at k begins. It is 0
// if k is not the name of a secret.
func (v *hider) value(tokens []hclsyntax.Token, k int) int {
	name, next := tokens[k], k+1
	if k+2 < len(tokens) && name.Type == hclsyntax.TokenOQuote && tokens[k+2].Type == hclsyntax.TokenCQuote {
		name, next = tokens[k+1], k+3
	}
	if !v.names[string(name.Bytes)] || next+1 >= len(tokens) {
		return 0
	}
	if t := tokens[next].Type; t != hclsyntax.TokenEqual && t != hclsyntax.TokenColon {
		return 0
	}
	return next + 1
}

// hide records the span of the value that the tokens begin with.
func (v *hider) hide(tokens []hclsyntax.Token) {
	n, closed := valueEnd(tokens)
	if n == 0 {
		return
	}
	s := Span{tokens[0].Range.Start.Byte, tokens[n-1].Range.End.Byte}
	if !closed { // a text of several lines in quotes, or one that is never closed
		rest := v.src[s.To:]
		if s.To += len(rest); bytes.IndexByte(rest, '"') >= 0 {
			s.To += bytes.IndexByte(rest, '"') - len(rest)
		}
		v.out = append(v.out, s)
		return
	}
	expr, diags := hclsyntax.ParseExpression(v.src[s.From:s.To], "", hcl.InitialPos)
	if !diags.HasErrors() && onlyRefers(expr) {
		return
	}
	if _, quoted := expr.(*hclsyntax.TemplateExpr); quoted && !diags.HasErrors() && v.src[s.From] == '"' && v.src[s.To-1] == '"' && s.To-s.From > 1 {
		s.From, s.To = s.From+1, s.To-1
	}
	v.out = append(v.out, s)
}

// valueEnd is how many tokens a value has, and whether it ends where it should.
func valueEnd(tokens []hclsyntax.Token) (n int, closed bool) {
	depth := 0
	for n, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCHeredoc:
			if depth--; depth < 0 {
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
