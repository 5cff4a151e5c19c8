package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// WhyDisabled says why an instance whose enabled is false does not exist: the
// expression, where it is, and the values of its references, as in `its
// enabled, on.distro == "debian" (main.mito.hcl:4), is false: on.distro is
// "ubuntu"`. Values that are secret or long are left out.
func (b *Block) WhyDisabled(s *Scope) string {
	r := b.Enabled.Range()
	text := s.env.config.sourceText(r)
	if text == "false" || text == "" {
		return fmt.Sprintf("its argument enabled is false (%s)", where(r))
	}
	why := fmt.Sprintf("its argument enabled, %s (%s), is false", text, where(r))
	if words := s.valuesIn(b); len(words) > 0 && !isTraversal(b.Enabled) {
		why += ": " + prose.List(words, prose.All)
	}
	return why
}

// isTraversal reports an expression that is one reference. Its value need not be
// shown: it is false.
func isTraversal(expr hcl.Expression) bool {
	_, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	return ok
}

// valuesIn are the values of the references in enabled, as in `on.os is "linux"`.
func (s *Scope) valuesIn(b *Block) (out []string) {
	compiled, diags := s.env.config.compiledOf(b.Enabled)
	if diags.HasErrors() {
		return nil
	}
	ctx, _ := s.evalContext(compiled)
	for _, t := range b.Enabled.Variables() {
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() {
			continue
		}
		if said := shown(v); said != "" {
			if word := s.env.config.sourceText(t.SourceRange()) + " is " + said; !slices.Contains(out, word) {
				out = append(out, word)
			}
		}
	}
	return out
}

// shown is a short value as one would write it. It is "" for a value that is secret,
// unknown or long.
func shown(v cty.Value) string {
	if v.IsMarked() || !v.IsKnown() {
		return ""
	}
	var text string
	switch {
	case v.IsNull():
		return "null"
	case v.Type() == cty.String:
		text = fmt.Sprintf("%q", v.AsString())
	case v.Type() == cty.Number:
		text = v.AsBigFloat().Text('f', -1)
	case v.Type() == cty.Bool:
		text = fmt.Sprint(v.True())
	}
	if len(text) > 40 || strings.Contains(text, "\n") {
		return ""
	}
	return text
}
