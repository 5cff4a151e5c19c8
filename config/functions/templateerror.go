package functions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// TemplateError is the first thing that is wrong with a template, with its name
// (if it has one) and the line.
type TemplateError struct {
	name   string
	line   int
	detail string
	// Written is true if the error quotes only the template and the names of
	// its variables, and none of their values.
	Written bool
}

// Error is a sentence without its full stop.
func (e *TemplateError) Error() string {
	if e.name == "" {
		return fmt.Sprintf("in line %d of the template: %s", e.line, e.detail)
	}
	return fmt.Sprintf("in line %d of %s: %s", e.line, e.name, e.detail)
}

// templateProblem is the first of a template's diagnostics.
func templateProblem(name string, written bool, diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			e := &TemplateError{name: name, detail: d.Detail, Written: written, line: 1}
			if d.Subject != nil {
				e.line = d.Subject.Start.Line
			}
			return e
		}
	}
	return diags
}

// parse parses a template. Its errors have the template's name and the line.
func (e *Env) parse(text, name string) (hclsyntax.Expression, error) {
	expr, diags := e.templates.Parse([]byte(text), name)
	if diags.HasErrors() {
		return nil, templateProblem(name, true, diags)
	}
	return expr, nil
}

// lacking is the error about a name that the template's variables lack. It is often a
// variable of a shell, as in ${HOME}.
func (e *Env) lacking(name, text string, t hcl.Traversal, vars map[string]cty.Value) error {
	root := t.RootName()
	hint := prose.Suggest(root, slices.Collect(maps.Keys(vars)))
	if hint == "" {
		hint = " Give it a value there."
		if Interpolated(text, t.SourceRange()) {
			hint = fmt.Sprintf(" Give it a value there, or write ${%s} itself as $${%s}.", root, root)
		}
	}
	return &TemplateError{
		name: name, line: t.SourceRange().Start.Line, Written: true,
		detail: fmt.Sprintf("%q is not among the variables that the template is given.%s", root, hint),
	}
}

// Interpolated reports whether what stands at a range of a template is all that
// is between ${ and }.
func Interpolated(text string, at hcl.Range) bool {
	return at.Start.Byte >= 2 && at.End.Byte < len(text) && text[at.Start.Byte-2:at.Start.Byte] == "${" && text[at.End.Byte] == '}'
}
