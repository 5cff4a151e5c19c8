package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// templateError is what is wrong with a template, with its name and the line.
type templateError struct {
	name   string
	line   int
	detail string
	// written is true of an error that quotes nothing but the template itself
	// and the names of its variables, whatever their values are.
	written bool
}

// Error is a sentence without its full stop.
func (e *templateError) Error() string {
	if e.name == "" {
		return fmt.Sprintf("in line %d of the template: %s", e.line, e.detail)
	}
	return fmt.Sprintf("in line %d of %s: %s", e.line, e.name, e.detail)
}

// templateProblem is the first of a template's diagnostics.
func templateProblem(name string, written bool, diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			e := &templateError{name: name, detail: sentenceEnd(d.Detail), written: written, line: 1}
			if d.Subject != nil {
				e.line = d.Subject.Start.Line
			}
			return e
		}
	}
	return diags
}

// parseTemplate parses a template; its errors have its name and the line.
func parseTemplate(text, name string) (hclsyntax.Expression, error) {
	src := []byte(text)
	if d := guardTemplate(src, name); d != nil {
		return nil, templateProblem(name, true, hcl.Diagnostics{d})
	}
	expr, diags := hclsyntax.ParseTemplate(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
		return nil, templateProblem(name, true, syntaxProblems(src, tokens, diags))
	}
	return expr, nil
}

// lacking is about a name in a template that its variables lack. In a template
// it is mostly the word of a shell.
func lacking(name, text string, t hcl.Traversal, vars map[string]cty.Value) error {
	root := t.RootName()
	hint := didYouMean(root, sortedNames(vars))
	if hint == "" {
		hint = " Give it a value there."
		if interpolated(text, t.SourceRange()) {
			hint = fmt.Sprintf(" Give it a value there, or write ${%s} itself as $${%s}.", root, root)
		}
	}
	return &templateError{
		name: name, line: t.SourceRange().Start.Line, written: true,
		detail: fmt.Sprintf("%q is not among the variables that the template is given.%s", root, hint),
	}
}

// interpolated reports whether what stands at a range of a template is all that
// is between ${ and }.
func interpolated(text string, at hcl.Range) bool {
	return at.Start.Byte >= 2 && at.End.Byte < len(text) && text[at.Start.Byte-2:at.Start.Byte] == "${" && text[at.End.Byte] == '}'
}
