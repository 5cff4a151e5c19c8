package config

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// HCL's parser and evaluator recurse: 100,000 nested parentheses, a file of
// 200 KB, overflow the stack, which no program survives. So a source is looked
// over first, by the scanner, which does not recurse.
const (
	maxSourceSize = 4 << 20
	maxNesting    = 200
	// maxChain bounds the operators, indexes and dots of one expression:
	// "1+1+1…" nests as deep as it is long.
	maxChain = 1000
)

// guardNative refuses a native source that would recurse too deeply.
func guardNative(src []byte, filename string) *hcl.Diagnostic {
	if d := guardSize(src, filename); d != nil {
		return d
	}
	tokens, _ := hclsyntax.LexConfig(src, filename, hcl.InitialPos)
	return guardTokens(tokens)
}

// guardTemplate is guardNative for the text of a template.
func guardTemplate(src []byte, filename string) *hcl.Diagnostic {
	if d := guardSize(src, filename); d != nil {
		return d
	}
	tokens, _ := hclsyntax.LexTemplate(src, filename, hcl.InitialPos)
	return guardTokens(tokens)
}

func guardSize(src []byte, filename string) *hcl.Diagnostic {
	if len(src) <= maxSourceSize {
		return nil
	}
	return problem("File too large", fmt.Sprintf("The file %s has %d bytes, and %d is the most that is read. Keep data in files that file() or jsondecode() read.", filename, len(src), maxSourceSize), hcl.Range{Filename: filename, Start: hcl.InitialPos, End: hcl.InitialPos})
}

// frame is one open bracket: how long its current expression is, and whether
// a newline ends that expression.
type frame struct {
	chain       int
	newlineEnds bool
}

// nesting follows the brackets of a token stream.
type nesting struct {
	frames     []frame
	directives int // %{ if } and %{ for } that are open
	opened     hclsyntax.TokenType
}

func guardTokens(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	n := nesting{frames: []frame{{newlineEnds: true}}}
	for _, t := range tokens {
		n.step(t)
		if len(n.frames)+n.directives > maxNesting {
			return problem("Nested too deeply", fmt.Sprintf("Brackets, blocks and templates may nest %d levels deep, and here they go deeper. Give inner parts a name in a locals block.", maxNesting), t.Range)
		}
		if n.top().chain > maxChain {
			return problem("Expression too long", fmt.Sprintf("One expression may have %d operators and indexes, and this one has more. Give parts of it a name in a locals block.", maxChain), t.Range)
		}
	}
	return nil
}

func (n *nesting) top() *frame { return &n.frames[len(n.frames)-1] }

func (n *nesting) step(t hclsyntax.Token) {
	opened := n.opened
	if t.Type != hclsyntax.TokenNewline {
		n.opened = hclsyntax.TokenNil
	}
	switch t.Type {
	case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		n.open(t.Type)
	case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
		if len(n.frames) > 1 {
			n.frames = n.frames[:len(n.frames)-1]
		}
	case hclsyntax.TokenComma:
		n.top().chain = 0
	case hclsyntax.TokenNewline:
		if n.top().newlineEnds {
			n.top().chain = 0
		}
	case hclsyntax.TokenIdent:
		n.word(opened, string(t.Bytes))
	default:
		if operators[t.Type] {
			n.top().chain++
		}
	}
}

func (n *nesting) open(t hclsyntax.TokenType) {
	if t == hclsyntax.TokenOParen || t == hclsyntax.TokenOBrack {
		n.top().chain++ // a call or an index goes on with what stands before it
	}
	n.frames = append(n.frames, frame{newlineEnds: t == hclsyntax.TokenOBrace})
	n.opened = t
}

// word is an identifier; right after a bracket it may be for or if.
func (n *nesting) word(opened hclsyntax.TokenType, word string) {
	switch {
	case opened == hclsyntax.TokenOBrace && word == "for":
		n.top().newlineEnds = false
	case opened == hclsyntax.TokenTemplateControl:
		n.directive(word)
	}
}

var operators = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenPlus: true, hclsyntax.TokenMinus: true, hclsyntax.TokenStar: true, hclsyntax.TokenSlash: true,
	hclsyntax.TokenPercent: true, hclsyntax.TokenBang: true, hclsyntax.TokenAnd: true, hclsyntax.TokenOr: true,
	hclsyntax.TokenEqualOp: true, hclsyntax.TokenNotEqual: true, hclsyntax.TokenLessThan: true, hclsyntax.TokenLessThanEq: true,
	hclsyntax.TokenGreaterThan: true, hclsyntax.TokenGreaterThanEq: true, hclsyntax.TokenQuestion: true,
	hclsyntax.TokenColon: true, hclsyntax.TokenDoubleColon: true, hclsyntax.TokenDot: true,
}

func (n *nesting) directive(word string) {
	switch word {
	case "if", "for":
		n.directives++
	case "endif", "endfor":
		n.directives = max(0, n.directives-1)
	}
}

// guardJSON refuses a JSON source whose brackets, or whose strings taken as
// templates or expressions, nest too deeply.
func guardJSON(src []byte, filename string) *hcl.Diagnostic {
	if d := guardSize(src, filename); d != nil {
		return d
	}
	depth := 0
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := jsonStringEnd(src, i)
			if d := guardJSONString(src[i:end], filename); d != nil {
				return d
			}
			i = end - 1
		}
		if depth > maxNesting {
			return problem("Nested too deeply", fmt.Sprintf("Objects and arrays may nest %d levels deep, and in %s they go deeper.", maxNesting, filename), offsetRange(src, filename, i))
		}
	}
	return nil
}

// jsonStringEnd is the offset after the string that starts at i.
func jsonStringEnd(src []byte, i int) int {
	for j := i + 1; j < len(src); j++ {
		switch src[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(src)
}

func guardJSONString(quoted []byte, filename string) *hcl.Diagnostic {
	if len(quoted) <= maxNesting {
		return nil // too short to nest too deeply
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return nil // the parser says what is wrong
	}
	if d := guardTemplate([]byte(s), filename); d != nil {
		return d
	}
	tokens, _ := hclsyntax.LexExpression([]byte(s), filename, hcl.InitialPos)
	return guardTokens(tokens)
}

func offsetRange(src []byte, filename string, offset int) hcl.Range {
	pos := hcl.InitialPos
	for _, b := range src[:offset] {
		pos.Column++
		if b == '\n' {
			pos.Line, pos.Column = pos.Line+1, 1
		}
	}
	pos.Byte = offset
	end := pos
	end.Byte, end.Column = pos.Byte+1, pos.Column+1
	return hcl.Range{Filename: filename, Start: pos, End: end}
}
