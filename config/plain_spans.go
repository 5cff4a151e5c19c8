package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// PlainSpans are the parts of a source that can be no secret, though a secret may be spelt
// like them, in the order of the source: names of arguments, of functions and of the types
// of blocks, and references such as var.password. Whatever may be a value is in none: texts,
// numbers, comments, labels of blocks, keys of objects, and a word that stands by itself,
// which may be a text whose quotes were forgotten. A source with errors has none, because a
// quote that is missing makes names of texts; nor has one of JSON.
func PlainSpans(f *hcl.File) []Span {
	body, native := f.Body.(*hclsyntax.Body)
	if !native {
		return nil
	}
	if _, diags := hclsyntax.ParseConfig(f.Bytes, "", hcl.InitialPos); diags.HasErrors() {
		return nil
	}
	v := plainWords{keys: map[hclsyntax.Node]bool{}, plain: make([]bool, len(f.Bytes))}
	hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		v.visit(n)
		return nil
	})
	return v.words(f.Bytes)
}

// words are the names and dots in what was collected, and nothing that may stand between
// them, such as a comment. Those that follow one another are one span.
func (v *plainWords) words(src []byte) (out []Span) {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	for _, t := range tokens {
		s := Span{t.Range.Start.Byte, t.Range.End.Byte}
		if t.Type != hclsyntax.TokenIdent && t.Type != hclsyntax.TokenDot || slices.Contains(v.plain[s.From:s.To], false) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == s.From {
			out[n-1].To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}

// plainWords collects the spans of names and references.
type plainWords struct {
	keys  map[hclsyntax.Node]bool // those of objects that are no expressions
	plain []bool                  // for each byte of the source, whether it is collected
}

// visit is called for a node before its children.
func (v *plainWords) visit(n hclsyntax.Node) {
	switch n := n.(type) {
	case *hclsyntax.Block:
		v.add(n.TypeRange)
	case *hclsyntax.Attribute:
		v.add(n.NameRange)
	case *hclsyntax.FunctionCallExpr:
		v.add(n.NameRange)
	case *hclsyntax.ObjectConsKeyExpr:
		v.keys[n.Wrapped] = !n.ForceNonLiteral
	case *hclsyntax.ScopeTraversalExpr:
		if len(n.Traversal) > 1 && !v.keys[n] {
			v.names(n.Traversal)
		}
	case *hclsyntax.RelativeTraversalExpr:
		v.names(n.Traversal)
	}
}

// names adds the names in a reference. A key in brackets is a value.
func (v *plainWords) names(t hcl.Traversal) {
	for _, step := range t {
		if _, key := step.(hcl.TraverseIndex); !key {
			v.add(step.SourceRange())
		}
	}
}

func (v *plainWords) add(r hcl.Range) {
	for at := r.Start.Byte; at < min(r.End.Byte, len(v.plain)); at++ {
		v.plain[at] = true
	}
}
