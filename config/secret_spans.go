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
// order of the source. They are
//   - the values of all arguments whose name any kind declares a secret, wherever they
//     are: a misplaced argument holds a password, too, and so does a misspelt one;
//   - the default of a sensitive or ephemeral variable, and the value of such an output;
//   - what sensitive() is called with;
//   - the texts and numbers that a condition in such a variable or output compares with.
//
// A mere reference may be quoted, and so may the name of a file that is read. The
// tokens of the source decide, not its blocks, so that it works for sources with
// errors as well.
func (c *Config) SecretSpans(src []byte) []Span {
	out := c.searched(src).out
	slices.SortFunc(out, func(a, b Span) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	return out
}

// SecretLiterals are the texts and numbers that the files of the configuration give as
// secrets, one by one. What a condition compares with is not among them.
func (c *Config) SecretLiterals() (out []string) {
	for _, name := range sortedNames(c.Sources) {
		if IsConfigFile(name) {
			out = append(out, c.searched(c.Sources[name]).literals...)
		}
	}
	return out
}

// searched has found the secrets of a source.
func (c *Config) searched(src []byte) *hider {
	v := &hider{src: src, names: c.catalogue.secrets(), bodies: make([]markedBody, 1)}
	for at := 0; at < len(src); {
		at = v.lex(at)
	}
	for len(v.bodies) > 0 {
		v.leave()
	}
	return v
}

// hider finds secret spans in the tokens of a source.
type hider struct {
	src    []byte
	names  secretNames
	bodies []markedBody // the open braces, the outermost first, in what is in none
	out    []Span
	to     int // the end of the last of out
	// literals are the texts and numbers in out.
	literals []string
}

// markedBody is what is in braces, of which some values are secrets if an argument says so.
type markedBody struct {
	marked bool                // sensitive or ephemeral is in it, and not false
	values [][]hclsyntax.Token // each begins with such a value
	// conditions each begin with that of a body, and inner with that of one in a body.
	conditions, inner [][]hclsyntax.Token
}

// leave ends the innermost body.
func (v *hider) leave() {
	last := len(v.bodies) - 1
	body := v.bodies[last]
	v.bodies = v.bodies[:last]
	if body.marked {
		for _, value := range body.values {
			v.hide(value, 0)
		}
		for _, condition := range body.inner {
			v.hideCompared(condition)
		}
	}
	if last > 0 {
		around := &v.bodies[last-1]
		around.inner = append(around.inner, body.conditions...)
	}
}

// braces follows the bodies that begin and end.
func (v *hider) braces(t hclsyntax.TokenType) {
	switch {
	case t == hclsyntax.TokenOBrace:
		v.bodies = append(v.bodies, markedBody{})
	case t == hclsyntax.TokenCBrace && len(v.bodies) > 1:
		v.leave()
	}
}

// named looks at an argument, and at the tokens that its value begins.
func (v *hider) named(name string, value []hclsyntax.Token) {
	body := &v.bodies[len(v.bodies)-1]
	switch {
	case v.names.has(name):
		v.hideNext(value, 0)
	case name == "default" || name == "value":
		body.values = append(body.values, value)
	case name == "condition":
		body.conditions = append(body.conditions, value)
	case name == "sensitive" || name == "ephemeral":
		body.marked = body.marked || string(value[0].Bytes) != "false"
	}
}

// lex searches the tokens from an offset on, and returns the offset to continue at.
// After a line with an unclosed quote the tokens are read anew.
func (v *hider) lex(from int) int {
	tokens, broken := v.tokens(from)
	for k := range tokens {
		if broken >= 0 && k > broken {
			break
		}
		v.braces(tokens[k].Type)
		if name, value := argumentAt(tokens, k); value > 0 {
			v.named(name, tokens[value:])
		}
		if string(tokens[k].Bytes) == "sensitive" && k+2 < len(tokens) && tokens[k+1].Type == hclsyntax.TokenOParen {
			v.hideNext(tokens[k+2:], 1)
		}
	}
	if broken < 0 {
		return len(v.src)
	}
	return tokens[broken].Range.End.Byte
}

// firstWindow is how many bytes are read at once after a line with an unclosed quote, as the
// next one may be another.
const firstWindow = 1 << 9

// tokens are those from an offset on, at least up to the end of a line with an unclosed quote,
// and the index of that end; it is -1 if no line has one.
func (v *hider) tokens(from int) (tokens hclsyntax.Tokens, broken int) {
	rest := v.src[from:]
	for window := firstWindow; ; window *= 2 {
		part := rest
		if at := bytes.IndexByte(rest[min(window, len(rest)):], '\n'); at >= 0 && from > 0 {
			part = rest[:window+at+1]
		}
		tokens, _ = hclsyntax.LexConfig(part, "", hcl.Pos{Byte: from, Line: 1, Column: 1})
		broken = slices.IndexFunc(tokens, func(t hclsyntax.Token) bool { return t.Type == hclsyntax.TokenQuotedNewline })
		if broken >= 0 || len(part) == len(rest) {
			return tokens, broken
		}
	}
}

// argumentAt is the name at k, if it is that of an argument, and the index of the token at
// which its value begins, which is 0 if it is none.
func argumentAt(tokens []hclsyntax.Token, k int) (string, int) {
	name, next := tokens[k], k+1
	if k+2 < len(tokens) && name.Type == hclsyntax.TokenOQuote && tokens[k+2].Type == hclsyntax.TokenCQuote {
		name, next = tokens[k+1], k+3
	}
	if name.Type != hclsyntax.TokenIdent && name.Type != hclsyntax.TokenQuotedLit || next+1 >= len(tokens) {
		return "", 0
	}
	if t := tokens[next].Type; t != hclsyntax.TokenEqual && t != hclsyntax.TokenColon {
		return "", 0
	}
	return string(name.Bytes), next + 1
}

// hideNext is hide for a value that no other that was recorded begins behind. What lies in
// one of those is not looked at again.
func (v *hider) hideNext(tokens []hclsyntax.Token, brackets int) {
	if tokens[0].Range.Start.Byte >= v.to {
		v.hide(tokens, brackets)
	}
}

// hide records the span of the value that the tokens begin with, in so many brackets.
func (v *hider) hide(tokens []hclsyntax.Token, brackets int) {
	n, closed := valueEnd(tokens, brackets)
	if n == 0 {
		return
	}
	s := Span{tokens[0].Range.Start.Byte, tokens[n-1].Range.End.Byte}
	if !closed { // a text of several lines in quotes, or one that is never closed
		rest := v.src[s.To:]
		if s.To += len(rest); bytes.IndexByte(rest, '"') >= 0 {
			s.To += bytes.IndexByte(rest, '"') - len(rest)
		}
		v.add(s)
		v.unclosed(s)
		return
	}
	expr := v.expression(s, tokens[:n])
	if expr == nil {
		v.add(s)
		v.broken(tokens[:n])
		return
	}
	if onlyRefers(expr) {
		return
	}
	v.gives(expr)
	if _, quoted := expr.(*hclsyntax.TemplateExpr); quoted && v.src[s.From] == '"' && v.src[s.To-1] == '"' && s.To-s.From > 1 {
		s.From, s.To = s.From+1, s.To-1
	}
	v.add(s)
}

// expression parses a value. It returns nil if that cannot be parsed.
func (v *hider) expression(s Span, tokens []hclsyntax.Token) hclsyntax.Expression {
	if guardTokens(tokens) != nil {
		return nil
	}
	expr, diags := hclsyntax.ParseExpression(v.src[s.From:s.To], "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil
	}
	return expr
}
