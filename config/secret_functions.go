package config

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// secretError is all that is told of a function that failed on a marked value:
// its own words may quote the value, or something that was made of it.
type secretError struct{ function string }

func (e *secretError) Error() string {
	return fmt.Sprintf("%s() was given a sensitive or ephemeral value, so that the reason, which could show it, is not told", e.function)
}

// markRules say which marks a result gets beyond those that the function gives
// it. A function that is not named here hands on the marks of its arguments
// themselves; parts of an argument keep theirs where they come back.
var markRules = map[string]func(args []cty.Value) cty.ValueMarks{
	// The names in a type come from all depths.
	"type": deepMarks,
	// Whether something can be evaluated tells of what it is made from.
	"can": closureMarks,
	"try": func(args []cty.Value) cty.ValueMarks { return closureMarks(args[:max(0, len(args)-1)]) },
	// These are about marks.
	"sensitive": noMarks, "nonsensitive": noMarks, "issensitive": noMarks, "ephemeralasnull": noMarks,
}

// protect wraps a function so that no secret leaves it but in a marked value:
// what it says of marked arguments is replaced, and its result is marked.
func protect(name string, f function.Function) function.Function {
	rule := markRules[name]
	if rule == nil {
		rule = outerMarks
	}
	params := make([]function.Parameter, len(f.Params()))
	for i, p := range f.Params() {
		params[i] = passed(p)
	}
	var rest *function.Parameter
	if p := f.VarParam(); p != nil {
		all := passed(*p)
		rest = &all
	}
	return function.New(&function.Spec{
		Description: f.Description(), Params: params, VarParam: rest,
		// The function itself says what type its result has: asking it twice
		// would render a template twice, and what that renders four times.
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			if err != nil {
				return cty.DynamicVal, secretly(name, args, err)
			}
			return v.WithMarks(rule(args)), nil
		},
	})
}

// passed is a parameter that takes what the function inside judges.
func passed(p function.Parameter) function.Parameter {
	p.AllowMarked, p.AllowNull, p.AllowUnknown, p.AllowDynamicType = true, true, true, true
	return p
}

// secretly is a function's error as it may be told.
func secretly(name string, args []cty.Value, err error) error {
	if !IsSecret(cty.True.WithMarks(deepMarks(args), closureMarks(args))) {
		return err
	}
	if tells(err, args) {
		return err
	}
	secret := &secretError{name}
	var arg function.ArgError
	if errors.As(err, &arg) {
		return function.NewArgError(arg.Index, secret)
	}
	return secret
}

// tells reports an error that shows no secret, whatever the arguments are: it is
// about how a template is written that is none itself, nor the names that it is
// given.
func tells(err error, args []cty.Value) bool {
	var t *templateError
	return errors.As(err, &t) && t.written && len(args) == 2 && !IsSecret(args[0]) && !isSecretItself(args[1])
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
		_, marks := v.UnmarkDeep()
		maps.Copy(out, marks)
	}
	return out
}

// closureMarks are the marks of what expressions that are arguments refer to.
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
		_ = hclsyntax.Walk(native, &markWalk{ctx: c.EvalContext, marks: out})
	}
	return out
}
