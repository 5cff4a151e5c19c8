package functions

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxTemplateDepth bounds templates that render templates.
const maxTemplateDepth = 100

func makeTemplateFile(e *Env) function.Function { return e.templateFunc(0, "path", e.templateOfFile) }

func makeTemplateString(e *Env) function.Function {
	return e.templateFunc(0, "template", templateOfText)
}

// templateSource returns the text of a template, and the name that errors give it.
type templateSource func(arg string) (text, name string, err error)

func (e *Env) templateOfFile(path string) (text, name string, err error) {
	text, err = e.readText(path)
	return text, path, err
}

// templateOfText returns the argument itself. Such a template has no name: the text
// may be a secret.
func templateOfText(text string) (string, string, error) { return text, "", nil }

// templateFunc makes a function that renders the text that source returns, with the
// variables in the second argument. Templates in the template are rendered with
// depth+1, so that the depth is bounded.
func (e *Env) templateFunc(depth int, name string, source templateSource) function.Function {
	vars := function.Parameter{Name: "vars", Type: cty.DynamicPseudoType, AllowDynamicType: false}
	return function.New(&function.Spec{
		Params: []function.Parameter{param(name, cty.String), vars},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() || !args[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			v, err := e.render(depth, args, source)
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return e.render(depth, args, source) },
	})
}

func (e *Env) render(depth int, args []cty.Value, source templateSource) (cty.Value, error) {
	if depth >= maxTemplateDepth {
		return cty.DynamicVal, fmt.Errorf("templates render each other more than %d levels deep", maxTemplateDepth)
	}
	text, name, err := source(args[0].AsString())
	if err != nil {
		return cty.DynamicVal, err
	}
	vars, err := templateVars(args[1])
	if err != nil {
		return cty.DynamicVal, err
	}
	expr, err := e.parse(text, name)
	if err != nil {
		return cty.DynamicVal, err
	}
	for _, t := range expr.Variables() {
		if _, ok := vars[t.RootName()]; !ok {
			return cty.DynamicVal, e.lacking(name, text, t, vars)
		}
	}
	ctx := e.context.NewChild()
	ctx.Variables = vars
	ctx.Functions = map[string]function.Function{
		"templatefile":   protect("templatefile", e.templateFunc(depth+1, "path", e.templateOfFile)),
		"templatestring": protect("templatestring", e.templateFunc(depth+1, "template", templateOfText)),
	}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, templateProblem(name, false, e.templates.Explain(expr, ctx, diags))
	}
	return v, nil
}

func templateVars(v cty.Value) (map[string]cty.Value, error) {
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, function.NewArgErrorf(1, "vars must be an object or a map, whose keys are the names in the template")
	}
	vars := v.AsValueMap()
	for name := range vars {
		if !hclsyntax.ValidIdentifier(name) {
			return nil, function.NewArgErrorf(1, "%q cannot be a name in a template", name)
		}
	}
	if vars == nil {
		vars = map[string]cty.Value{}
	}
	return vars, nil
}
