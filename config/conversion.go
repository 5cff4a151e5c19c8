package config

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/config/marks"
)

// fit converts a value. Its error has the path to the innermost part that does
// not fit, where conversion itself names only the whole.
func fit(v cty.Value, ty cty.Type) (cty.Value, error) {
	out, err := functions.Convert(v, ty)
	if err == nil {
		return out, nil
	}
	return out, misfit(v, ty, err)
}

func misfit(v cty.Value, ty cty.Type, err error) error {
	if marks.IsSecretItself(v) { // its keys are secret, too
		return misfitError{want: "a " + ty.FriendlyNameForConstraint()}
	}
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return plainMisfit(v, ty, err)
	}
	for it := v.ElementIterator(); it.Next(); {
		key, elem := it.Element()
		want, step, ok := partOf(ty, key)
		if !ok {
			continue
		}
		if _, err := functions.Convert(elem, want); err != nil {
			return prefix(cty.Path{step}, misfit(elem, want, err))
		}
	}
	return plainMisfit(v, ty, err)
}

// plainMisfit says which type is required of a part, and what is there.
func plainMisfit(v cty.Value, ty cty.Type, err error) error {
	switch {
	case v.IsNull():
	case errors.Is(err, functions.ErrBounds):
		return functions.ErrBounds
	case v.Type() == cty.String && ty == cty.Number:
		return misfitError{"a number", "this string is not a number"}
	case v.Type() == cty.String && ty == cty.Bool:
		return misfitError{"a bool", `this string is neither "true" nor "false"`}
	}
	var part cty.PathError
	switch {
	case errors.As(err, &part) && len(part.Path) > 0:
		return part // of a part that fits by itself, and not beside the others
	case v.Type().IsObjectType() && ty.IsObjectType(), v.IsNull():
		return bare(err) // which attribute is missing
	}
	return misfitError{describeType(ty, false), "this is " + Describe(v)}
}

// misfitError is a value that is not of the type that is required of it.
type misfitError struct {
	want string
	is   string // what is there instead, "" if that is secret
}

func (e misfitError) Error() string {
	if e.is == "" {
		return e.want + " is required"
	}
	return e.want + " is required, and " + e.is
}

// mustBe says what a value must be, in the words of the manual, and why it is not. The
// type that is required of the whole is not named again.
func mustBe(what string, err error) string {
	whole, ok := err.(misfitError)
	switch {
	case !ok:
		return fmt.Sprintf("must be %s: %s.", what, conversionDetail(err))
	case whole.is == "":
		return fmt.Sprintf("must be %s.", what)
	}
	return fmt.Sprintf("must be %s, and %s.", what, whole.is)
}

// bare is the error without the path that conversion gave it, if that is empty.
func bare(err error) error {
	var p cty.PathError
	if errors.As(err, &p) {
		return errors.New(p.Error())
	}
	return err
}

// partOf is the type that a part of a value must have.
func partOf(ty cty.Type, key cty.Value) (cty.Type, cty.PathStep, bool) {
	switch {
	case ty.IsCollectionType():
		return ty.ElementType(), cty.IndexStep{Key: key}, true
	case ty.IsObjectType() && key.Type() == cty.String && ty.HasAttribute(key.AsString()):
		return ty.AttributeType(key.AsString()), cty.GetAttrStep{Name: key.AsString()}, true
	case ty.IsTupleType() && key.Type() == cty.Number:
		i, _ := key.AsBigFloat().Int64()
		if i < int64(ty.Length()) {
			return ty.TupleElementType(int(i)), cty.IndexStep{Key: key}, true
		}
	}
	return cty.NilType, nil, false
}

// conversionDetail is a conversion's error with the path to what is wrong.
func conversionDetail(err error) string {
	var p cty.PathError
	if !errors.As(err, &p) || len(p.Path) == 0 {
		return strings.TrimSuffix(err.Error(), ".")
	}
	var b strings.Builder
	for _, step := range p.Path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + s.Name)
		case cty.IndexStep:
			b.WriteString(keyText(s.Key))
		}
	}
	return fmt.Sprintf("at %s: %s", strings.TrimPrefix(b.String(), "."), strings.TrimSuffix(p.Error(), "."))
}

func keyText(key cty.Value) string {
	if IsSecret(key) || !key.IsKnown() || key.IsNull() {
		return "[…]"
	}
	switch key.Type() {
	case cty.String:
		return fmt.Sprintf("[%q]", key.AsString())
	case cty.Number:
		return fmt.Sprintf("[%s]", key.AsBigFloat().Text('f', -1))
	}
	return "[…]"
}

// narrow follows the path of a conversion's error into the expression, as far
// as the expression is written out.
func narrow(expr hcl.Expression, err error, rng hcl.Range) hcl.Range {
	var p cty.PathError
	if !errors.As(err, &p) {
		return rng
	}
	for _, step := range p.Path {
		next := into(expr, step)
		if next == nil {
			break
		}
		expr, rng = next, next.Range()
	}
	return rng
}

func into(expr hcl.Expression, step cty.PathStep) hcl.Expression {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return into(e.Expression, step)
	case *hclsyntax.TupleConsExpr:
		if s, ok := step.(cty.IndexStep); ok && s.Key.Type() == cty.Number {
			if i, acc := s.Key.AsBigFloat().Int64(); acc == big.Exact && i >= 0 && i < int64(len(e.Exprs)) {
				return e.Exprs[i]
			}
		}
	case *hclsyntax.ObjectConsExpr:
		name := stepKey(step)
		for _, item := range e.Items {
			if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull() && key.AsString() == name {
				return item.ValueExpr
			}
		}
	}
	return nil
}

func stepKey(step cty.PathStep) string {
	switch s := step.(type) {
	case cty.GetAttrStep:
		return s.Name
	case cty.IndexStep:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() && !IsSecret(s.Key) {
			return s.Key.AsString()
		}
	}
	return ""
}

// prefix adds a step to the front of an error's path.
func prefix(step cty.Path, err error) error {
	if p, ok := err.(cty.PathError); ok {
		return append(step, p.Path...).NewError(fmt.Errorf("%s", p.Error()))
	}
	return step.NewError(err)
}
