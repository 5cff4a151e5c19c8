package functions

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/mitoplan/mitoplan/config/marks"
)

// SecretError replaces the error of a function that failed on a marked value. The
// error itself may quote the value, or something that was made of it.
type SecretError struct{ Function string }

func (e *SecretError) Error() string {
	return fmt.Sprintf("%s() was given a sensitive or ephemeral value, so the reason is not shown, because it could contain the value", e.Function)
}

// markRules say which marks a result gets in addition to those that the function
// gives it. A function that is not named here hands on the marks of its arguments
// as a whole. The marks of their parts stay on the parts.
var markRules = map[string]func(args []cty.Value) cty.ValueMarks{
	// A type names the attributes of all depths.
	"type": deepMarks,
	// Whether an expression fails says something about what it refers to.
	"can": closureMarks,
	"try": func(args []cty.Value) cty.ValueMarks { return closureMarks(args[:max(0, len(args)-1)]) },
	// These four set, remove or ask for marks themselves.
	"sensitive": noMarks, "nonsensitive": noMarks, "issensitive": noMarks, "ephemeralasnull": noMarks,
}

// protect wraps a function so that no secret leaves it except in a marked value.
// Errors about marked arguments are replaced, and the result is marked.
func protect(name string, f function.Function) function.Function {
	rule := markRules[name]
	if rule == nil {
		rule = outerMarks
	}
	params := make([]function.Parameter, len(f.Params()))
	for i, p := range f.Params() {
		params[i] = accepting(p)
	}
	var rest *function.Parameter
	if p := f.VarParam(); p != nil {
		all := accepting(*p)
		rest = &all
	}
	return function.New(&function.Spec{
		Description: f.Description(), Params: params, VarParam: rest,
		// The function itself says what type its result has: asking it twice
		// would render a template twice, and what that renders four times.
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := callConverted(f, args)
			if err != nil {
				return cty.DynamicVal, withoutSecret(name, args, err)
			}
			return v.WithMarks(rule(args)), nil
		},
	})
}

// accepting is a parameter that takes every value. The function inside refuses
// what it does not take. The evaluator would convert a collection with cty, and slowly:
// callConverted does it instead.
func accepting(p function.Parameter) function.Parameter {
	p.AllowMarked, p.AllowNull, p.AllowUnknown, p.AllowDynamicType = true, true, true, true
	if p.Type.IsCollectionType() {
		p.Type = cty.DynamicPseudoType
	}
	return p
}

// callConverted calls a function with its arguments converted to the collections that it
// takes.
func callConverted(f function.Function, args []cty.Value) (cty.Value, error) {
	args = slices.Clone(args)
	for i, v := range args {
		p := f.VarParam()
		if i < len(f.Params()) {
			p = &f.Params()[i]
		}
		if !p.Type.IsCollectionType() {
			continue
		}
		var err error
		if args[i], err = Convert(v, p.Type); err != nil {
			return cty.NilVal, function.NewArgError(i, err)
		}
	}
	return f.Call(args)
}

// withoutSecret is a function's error as it may be shown.
func withoutSecret(name string, args []cty.Value, err error) error {
	if !marks.IsSecret(cty.True.WithMarks(deepMarks(args), closureMarks(args))) {
		return err
	}
	if showsNoSecret(err, args) {
		return err
	}
	secret := &SecretError{name}
	var arg function.ArgError
	if errors.As(err, &arg) {
		return function.NewArgError(arg.Index, secret)
	}
	return secret
}

// showsNoSecret reports an error that may be shown though an argument is marked. It
// is about how a template is written, and neither the template nor the names of
// its variables are marked.
func showsNoSecret(err error, args []cty.Value) bool {
	var t *TemplateError
	return errors.As(err, &t) && t.Written && len(args) == 2 && !marks.IsSecret(args[0]) && !marks.IsSecretItself(args[1])
}

func noMarks([]cty.Value) cty.ValueMarks { return nil }

func outerMarks(args []cty.Value) cty.ValueMarks {
	out := cty.ValueMarks{}
	for _, v := range args {
		maps.Copy(out, v.Marks())
	}
	return out
}

func deepMarks(args []cty.Value) cty.ValueMarks {
	out := cty.ValueMarks{}
	for _, v := range args {
		_, on := v.UnmarkDeep()
		maps.Copy(out, on)
	}
	return out
}

// closureMarks are the marks of what the arguments refer to, for functions that
// get expressions instead of values.
func closureMarks(args []cty.Value) cty.ValueMarks {
	out := cty.ValueMarks{}
	for _, v := range args {
		if !v.Type().Equals(customdecode.ExpressionClosureType) {
			continue
		}
		c := customdecode.ExpressionClosureFromVal(v)
		native, ok := c.Expression.(hclsyntax.Expression)
		if !ok {
			continue
		}
		_ = hclsyntax.Walk(native, &MarkWalk{Ctx: c.EvalContext, Marks: out})
	}
	return out
}
