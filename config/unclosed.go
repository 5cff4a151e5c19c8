package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// opener is a bracket, quote or directive that must be closed further on.
type opener struct {
	token hclsyntax.Token
	// directive is the word of a %{ if } or %{ for }, "" of everything else.
	directive string
	// indent is how far the line that it stands in is indented.
	indent int
}

// closers are what closes each bracket.
var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace: hclsyntax.TokenCBrace, hclsyntax.TokenOParen: hclsyntax.TokenCParen, hclsyntax.TokenOBrack: hclsyntax.TokenCBrack,
	hclsyntax.TokenOQuote: hclsyntax.TokenCQuote, hclsyntax.TokenOHeredoc: hclsyntax.TokenCHeredoc,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
}

// openings follows the brackets and quotes of a source that the parser refused, to
// find the one that is not closed. The parser notices it only further on, often at
// the end of the file.
type openings struct {
	src    []byte
	tokens hclsyntax.Tokens
	stack  []opener
	// suspect is an inner brace that was closed by a brace whose indentation
	// says that it closes an outer one.
	suspect *opener
}

// unclosed is the problem of a source in which something is not closed. It is nil if
// everything is closed.
func unclosed(src []byte, tokens hclsyntax.Tokens) *hcl.Diagnostic {
	o := &openings{src: src, tokens: tokens}
	for i := range tokens {
		if left := o.step(i); left != nil {
			return o.problem(*left)
		}
	}
	if len(o.stack) == 0 {
		return nil
	}
	return o.problem(o.left())
}

// left is what is not closed at the end of a source that ends too early.
func (o *openings) left() opener {
	if o.suspect != nil {
		return *o.suspect
	}
	return o.stack[len(o.stack)-1]
}

// step takes one token, and returns what it shows not to be closed.
func (o *openings) step(i int) *opener {
	t := o.tokens[i]
	switch {
	case closers[t.Type] != 0:
		o.stack = append(o.stack, opener{token: t, indent: o.indent(t)})
	case t.Type == hclsyntax.TokenSlash && i+1 < len(o.tokens) && o.tokens[i+1].Type == hclsyntax.TokenStar && o.tokens[i+1].Range.Start.Byte == t.Range.End.Byte:
		return &opener{token: hclsyntax.Token{Type: hclsyntax.TokenComment, Range: hcl.RangeBetween(t.Range, o.tokens[i+1].Range)}}
	case t.Type == hclsyntax.TokenQuotedNewline:
		return o.brokenQuote()
	case t.Type == hclsyntax.TokenComment && o.inString():
		return &o.stack[len(o.stack)-1] // a # of a shell, as in ${#name}
	case t.Type == hclsyntax.TokenIdent:
		return o.word(i)
	case isCloser(t.Type):
		return o.close(t)
	}
	return nil
}

func isCloser(t hclsyntax.TokenType) bool {
	for _, c := range closers {
		if c == t {
			return true
		}
	}
	return false
}

// close takes a closing token off the stack. A directive ends with a word of
// its own.
func (o *openings) close(t hclsyntax.Token) *opener {
	if len(o.stack) == 0 {
		return nil
	}
	top := o.stack[len(o.stack)-1]
	if top.directive != "" || closers[top.token.Type] != t.Type {
		return &top
	}
	if t.Type == hclsyntax.TokenCBrace && o.suspect == nil && o.first(t) && o.closesOuter(t) {
		o.suspect = &top
	}
	o.stack = o.stack[:len(o.stack)-1]
	return nil
}

// closesOuter reports a brace that is indented as an outer opening brace is, and
// not as the one that it closes.
func (o *openings) closesOuter(t hclsyntax.Token) bool {
	n := len(o.stack) - 1
	at := o.indent(t)
	return o.stack[n].indent != at && slices.ContainsFunc(o.stack[:n], func(p opener) bool {
		return p.token.Type == hclsyntax.TokenOBrace && p.indent == at
	})
}

// word looks for directives, and for blocks of the top level inside of others.
func (o *openings) word(i int) *opener {
	t := o.tokens[i]
	if i > 0 && o.tokens[i-1].Type == hclsyntax.TokenTemplateControl {
		return o.directive(t, o.tokens[i-1])
	}
	inside := len(o.stack) > 0 && o.stack[len(o.stack)-1].token.Type == hclsyntax.TokenOBrace
	if !inside || t.Range.Start.Column != 1 || i+1 == len(o.tokens) || !isRootBlock(string(t.Bytes)) {
		return nil
	}
	if next := o.tokens[i+1].Type; next == hclsyntax.TokenOQuote || next == hclsyntax.TokenOBrace {
		left := o.left()
		return &left
	}
	return nil
}

func isRootBlock(word string) bool {
	return slices.ContainsFunc(rootBlocks, func(b hcl.BlockHeaderSchema) bool { return b.Type == word })
}

// directive follows %{ if } and %{ for } to their ends. The stack holds the
// opening of the directive's own braces on top.
func (o *openings) directive(word, marker hclsyntax.Token) *opener {
	n := len(o.stack) - 1
	switch text := string(word.Bytes); text {
	case "if", "for":
		o.stack = slices.Insert(o.stack, n, opener{token: marker, directive: text, indent: o.indent(marker)})
	case "endif", "endfor":
		if n > 0 && o.stack[n-1].directive == strings.TrimPrefix(text, "end") {
			o.stack = slices.Delete(o.stack, n-1, n)
		}
	}
	return nil
}

// brokenQuote is what is not closed where a line ends inside of quotes: the
// quote, or, if that stands in a template sequence of the same line, the
// sequence.
func (o *openings) brokenQuote() *opener {
	n := len(o.stack) - 1
	if n < 0 {
		return nil
	}
	if n > 0 && isSequence(o.stack[n-1]) && o.stack[n-1].token.Range.Start.Line == o.stack[n].token.Range.Start.Line {
		n--
	}
	return &o.stack[n]
}

// isSequence reports the braces of a template.
func isSequence(o opener) bool {
	return o.directive == "" && (o.token.Type == hclsyntax.TokenTemplateInterp || o.token.Type == hclsyntax.TokenTemplateControl)
}

// inString reports whether the innermost opening is a template sequence in
// quotes.
func (o *openings) inString() bool {
	n := len(o.stack) - 1
	return n > 0 && o.stack[n].token.Type == hclsyntax.TokenTemplateInterp && o.stack[n-1].token.Type == hclsyntax.TokenOQuote
}

// indent is the number of blanks that a token's line begins with.
func (o *openings) indent(t hclsyntax.Token) int {
	start := bytes.LastIndexByte(o.src[:t.Range.Start.Byte], '\n') + 1
	line := o.src[start:]
	return len(line) - len(bytes.TrimLeft(line, " \t"))
}

// first reports whether nothing but blanks is before a token in its line.
func (o *openings) first(t hclsyntax.Token) bool {
	return t.Range.Start.Column == o.indent(t)+1
}

func (o *openings) problem(at opener) *hcl.Diagnostic {
	rng := at.token.Range
	switch at.token.Type {
	case hclsyntax.TokenOQuote:
		return problem("Unclosed string", `The string that begins here is not closed on its line: its closing quote is missing. A text of several lines is written as a heredoc, from <<EOT to a line with EOT.`, rng)
	case hclsyntax.TokenOHeredoc:
		return o.heredoc(rng)
	case hclsyntax.TokenComment:
		return problem("Unclosed comment", "The comment that begins with /* here is never closed: */ is missing.", rng)
	case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		if at.directive != "" {
			return problem("Unclosed directive", fmt.Sprintf("The %%{ %s } that begins here has no %%{ end%s }.", at.directive, at.directive), rng)
		}
		mark := string(at.token.Bytes[:1])
		return problem("Unclosed template sequence", fmt.Sprintf("The %s{ here is not closed: a } is missing. %s", mark, literally(mark)), rng)
	}
	bracket := string(at.token.Bytes)
	closing := map[string]string{"{": "}", "(": ")", "[": "]"}[bracket]
	return problem("Unclosed bracket", fmt.Sprintf("The %s here is never closed: a %s is missing.", bracket, closing), rng)
}

// literally says how the beginning of a template sequence is written that is to
// be none.
func literally(mark string) string {
	if mark == "%" {
		return "To write %{ itself, as curl -w takes it, double the percent sign: %%{."
	}
	return "To write ${ itself, as a shell takes it, double the dollar sign: $${."
}

// heredoc names the line that was probably to end it.
func (o *openings) heredoc(rng hcl.Range) *hcl.Diagnostic {
	opening := strings.TrimSpace(string(rng.SliceBytes(o.src)))
	rng.End = rng.Start
	rng.End.Byte += len(opening)
	rng.End.Column += len(opening)
	word := strings.TrimLeft(opening, "<-")
	detail := fmt.Sprintf("The text that begins with %s here is not closed. It ends at a line that contains %s and nothing else.", opening, word)
	for i, line := range strings.Split(string(o.src[rng.End.Byte:]), "\n") {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), word); found && i > 0 && rest != "" {
			detail += fmt.Sprintf(" Line %d contains more.", rng.Start.Line+i)
			break
		}
	}
	return problem("Unclosed heredoc", detail, rng)
}
