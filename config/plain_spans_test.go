package config

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// What can be no secret is set in brackets here.
func TestPlainSpans(t *testing.T) {
	for name, want := range map[string]string{
		"a block":            "⟨resource⟩ \"password\" password {\n  ⟨path⟩ = \"password\"\n  ⟨nested⟩ {\n    ⟨a⟩ = 1\n  }\n}\n",
		"references":         "⟨locals⟩ {\n  ⟨password⟩ = ⟨var.password⟩\n  ⟨b⟩ = ⟨a.b⟩[\"password\"]⟨.c⟩[0]⟨.d⟩\n  ⟨c⟩ = a[*]⟨.password⟩\n}\n",
		"words by itself":    "⟨a⟩ = password\n⟨b⟩ = [password, true]\n",
		"functions":          "⟨a⟩ = ⟨sensitive⟩(⟨file⟩(\"password\"), ⟨var.x⟩)\n",
		"objects":            "⟨a⟩ = { password = ⟨var.password⟩, a.b = 1, (⟨var.c⟩) = 2, \"d\" : ⟨e.f⟩ }\n",
		"texts":              "⟨a⟩ = \"password ${⟨var.password⟩} %{ if ⟨a.b⟩ }password%{ endif }\"\n",
		"heredocs":           "⟨a⟩ = <<PASSWORD\npassword ${⟨var.password⟩}\nPASSWORD\n",
		"comments":           "# var.password\n⟨a⟩ = (⟨b⟩ /* c.password */ ⟨.d⟩) // password\n",
		"loops":              "⟨a⟩ = { for password, v in ⟨var.a⟩ : password => ⟨v.b⟩ if ⟨v.c⟩ }\n",
		"an error":           "a = \"password\nb = var.password\n",
		"an error elsewhere": "a = var.password\nb = \n",
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.NewReplacer("⟨", "", "⟩", "").Replace(want)
			f, _ := parseFile("main.mito.hcl", []byte(src))
			var b strings.Builder
			last := 0
			for _, s := range PlainSpans(f) {
				b.WriteString(src[last:s.From] + "⟨" + src[s.From:s.To] + "⟩")
				last = s.To
			}
			if got := b.String() + src[last:]; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	f, _ := parseFile("main.mito.json", []byte(`{"locals": {"password": "${var.password}"}}`))
	if got := PlainSpans(f); got != nil {
		t.Errorf("of JSON, %v can be no secret", got)
	}
}

// FuzzPlainSpans: no part of a source that can be no secret is one of a text, a number, a
// comment, a label, a key of an object or a word that stands by itself. It runs fewer than
// 10,000 times a second: each source is parsed three times.
func FuzzPlainSpans(f *testing.F) {
	for _, seed := range []string{
		scoped, "a = \"b ${c.d} e\"\n", "a = <<X\nb ${c.d}\nX\n", "a = (b /* c */ .d)\n", "a = { b.c = d.e, (f.g) = h }\n",
		"a b \"c\" {}\n", "a = [for b in c.d : b.e if f(g.h...)][*].i\n", "a = \"x\nb = c.d\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, _ := parseFile("main.mito.hcl", src)
		plain := make([]bool, len(src))
		last := 0
		for _, s := range PlainSpans(file) {
			if s.From < last || s.From >= s.To || s.To > len(src) {
				t.Fatalf("%q has a span %v behind %d", src, s, last)
			}
			last = s.To
			for i := s.From; i < s.To; i++ {
				plain[i] = true
			}
		}
		for _, r := range valueRanges(src, file.Body) {
			for i := r.Start.Byte; i < r.End.Byte; i++ {
				if plain[i] {
					t.Fatalf("%q at %d of %q is said to be no secret", src[i], i, src)
				}
			}
		}
	})
}

// valueRanges are where a source has values, comments, labels and keys.
func valueRanges(src []byte, body hcl.Body) (out []hcl.Range) {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenComment, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			out = append(out, t.Range)
		}
	}
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return out
	}
	hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.Block:
			out = append(out, n.LabelRanges...)
		case *hclsyntax.LiteralValueExpr:
			out = append(out, n.SrcRange)
		case *hclsyntax.ObjectConsKeyExpr:
			if _, word := n.Wrapped.(*hclsyntax.ScopeTraversalExpr); word && !n.ForceNonLiteral {
				out = append(out, n.Range())
			}
		case *hclsyntax.ScopeTraversalExpr:
			if len(n.Traversal) == 1 {
				out = append(out, n.SrcRange)
			}
		}
		return nil
	})
	return out
}
