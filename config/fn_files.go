package config

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

var absPathFunc = textFunc(func(args []string) (string, error) {
	path, err := filepath.Abs(args[0])
	return filepath.ToSlash(path), err
}, "path")

var baseNameFunc = textFunc(func(args []string) (string, error) { return filepath.Base(args[0]), nil }, "path")

var dirNameFunc = textFunc(func(args []string) (string, error) { return filepath.Dir(args[0]), nil }, "path")

var pathExpandFunc = textFunc(func(args []string) (string, error) { return expandHome(args[0]) }, "path")

func makeFile(e *env) function.Function {
	return textFunc(func(args []string) (string, error) { return e.readText(args[0]) }, "path")
}

// readText reads a file that must be text, since values are Unicode.
func (e *env) readText(path string) (string, error) {
	b, err := e.config.files.Read(path)
	if err != nil {
		return "", function.NewArgError(0, err)
	}
	if !utf8.Valid(b) {
		return "", function.NewArgErrorf(0, "the file %s is not valid UTF-8; read it with filebase64(), or name it in source", path)
	}
	return string(b), nil
}

func makeFileBase64(e *env) function.Function {
	return textFunc(func(args []string) (string, error) {
		b, err := e.config.files.Read(args[0])
		if err != nil {
			return "", function.NewArgError(0, err)
		}
		return base64.StdEncoding.EncodeToString(b), nil
	}, "path")
}

func makeFileExists(e *env) function.Function {
	return makeFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		ok, err := e.config.files.Exists(args[0].AsString())
		return cty.BoolVal(ok), err
	}, param("path", cty.String))
}

func makeFileSet(e *env) function.Function {
	return makeFunc(cty.Set(cty.String), func(args []cty.Value) (cty.Value, error) {
		names, err := e.config.files.Glob(args[0].AsString(), args[1].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		if len(names) == 0 {
			return cty.SetValEmpty(cty.String), nil
		}
		values := make([]cty.Value, len(names))
		for i, name := range names {
			values[i] = cty.StringVal(name)
		}
		return cty.SetVal(values), nil
	}, param("path", cty.String), param("pattern", cty.String))
}

// maxTemplateDepth bounds templates that render templates.
const maxTemplateDepth = 100

func makeTemplateFile(e *env) function.Function { return e.templateFunc(0, "path", e.templateOfFile) }

func makeTemplateString(e *env) function.Function {
	return e.templateFunc(0, "template", templateOfText)
}

// templateSource makes a template of an argument: its text, and what errors
// call it.
type templateSource func(arg string) (text, name string, err error)

func (e *env) templateOfFile(path string) (text, name string, err error) {
	text, err = e.readText(path)
	return text, path, err
}

// templateOfText gives templates no name: the text is none, and may be a secret.
func templateOfText(text string) (string, string, error) { return text, "", nil }

// templateFunc renders the text that source returns with the variables of its
// second argument. Inside, the template functions know their depth.
func (e *env) templateFunc(depth int, name string, source templateSource) function.Function {
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

func (e *env) render(depth int, args []cty.Value, source templateSource) (cty.Value, error) {
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
	expr, err := parseTemplate(text, name)
	if err != nil {
		return cty.DynamicVal, err
	}
	for _, t := range expr.Variables() {
		if _, ok := vars[t.RootName()]; !ok {
			return cty.DynamicVal, lacking(name, text, t, vars)
		}
	}
	ctx := e.functions.NewChild()
	ctx.Variables = vars
	ctx.Functions = map[string]function.Function{
		"templatefile":   protect("templatefile", e.templateFunc(depth+1, "path", e.templateOfFile)),
		"templatestring": protect("templatestring", e.templateFunc(depth+1, "template", templateOfText)),
	}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, templateProblem(name, false, plain(conceal(expr, ctx, diags)))
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
