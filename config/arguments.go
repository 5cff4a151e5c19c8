package config

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/config/marks"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// argument is one of a kind's arguments as one block sets it.
type argument struct {
	schema *kind.Attr
	ty     cty.Type // to convert to
	attr   *hcl.Attribute
	// constant is the value of an argument that refers to nothing and calls no
	// function; null for one that is not set. It is cty.NilVal for all others.
	constant cty.Value
	// at is where Arguments have its value if it is not constant.
	at int
}

// prepare does once, while loading, what Eval would otherwise do again for every
// instance: it looks up types, and evaluates the arguments that are constant.
func (b *Block) prepare(c *Config, s *Scope) {
	b.args = make([]argument, 0, len(b.Def.Args.Attrs))
	for i := range b.Def.Args.Attrs {
		schema := &b.Def.Args.Attrs[i]
		if schema.Computed {
			continue
		}
		b.args = append(b.args, argument{schema: schema, ty: conversionType(schema.Type), attr: b.Attrs[schema.Name]})
	}
	for i := range b.args {
		a := &b.args[i]
		switch {
		case a.attr == nil:
			a.constant = cty.NullVal(CtyType(a.schema.Type))
		case isConstant(c, a.attr.Expr):
			if v, diags := b.argument(a, s); !diags.HasErrors() {
				a.constant = v
			}
		}
		if a.constant == cty.NilVal {
			a.at = b.varying
			b.varying++
		}
		b.marked = b.marked || marks.Any(a.constant)
	}
}

func isConstant(c *Config, expr hcl.Expression) bool {
	compiled, diags := c.compiledOf(expr)
	_, native := expr.(hclsyntax.Expression)
	return native && !diags.HasErrors() && len(compiled.refs) == 0 && len(compiled.calls) == 0
}

// Eval evaluates the kind's own arguments for one instance. Each has the type that
// CtyType says: arguments that are not set and those in RefLists are null, and unknowns
// and marks are kept. An argument that is wrong has a diagnostic and is unknown.
func (b *Block) Eval(s *Scope) (Arguments, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	as := Arguments{block: b, values: make([]cty.Value, b.varying), marked: b.marked}
	for i := range b.args {
		a := &b.args[i]
		if a.constant != cty.NilVal {
			continue
		}
		v, more := b.argument(a, s)
		as.values[a.at] = v
		as.marked = as.marked || marks.Any(v)
		diags = append(diags, more...)
	}
	return as, append(append(diags, b.conflicts(as)...), b.needlessVia(as)...)
}

// argument evaluates, converts and checks one argument.
func (b *Block) argument(a *argument, s *Scope) (cty.Value, hcl.Diagnostics) {
	expr, unknown := a.attr.Expr, cty.UnknownVal(CtyType(a.schema.Type))
	v, ctx, diags := s.evalIn(expr)
	if diags.HasErrors() {
		return unknown, diags
	}
	wrong := func(summary, detail string, rng hcl.Range) (cty.Value, hcl.Diagnostics) {
		d := problem(summary, detail, rng)
		d.Expression, d.EvalContext = expr, ctx
		return unknown, append(diags, d)
	}
	if example := modes[a.schema.Form]; example != "" && v.Type() == cty.Number {
		return wrong("Mode must be a string", fmt.Sprintf("The argument %q of %s is a string such as %s.", a.schema.Name, b.describe(), example), expr.Range())
	}
	out, err := fit(v, a.ty)
	if err == nil {
		err = checkShape(a.schema.Type, out, 0)
	}
	if err != nil {
		return wrong("Wrong type of value", fmt.Sprintf("The argument %q of %s %s%s", a.schema.Name, b.describe(), mustBe(wantedValue(a.schema.Type), err), a.instead(v)), narrow(expr, err, expr.Range()))
	}
	if detail := a.secretName(b.Type, out); detail != "" {
		return wrong("Secret in a name", fmt.Sprintf("The argument %q of %s %s", a.schema.Name, b.describe(), detail), expr.Range())
	}
	if a.schema.Required && isKnownNull(out) {
		return wrong("Required argument is null", fmt.Sprintf("The argument %q is required in %s, and its value is null.%s", a.schema.Name, b.describe(), docSentence(a.schema.Doc)), expr.Range())
	}
	if a.schema.Default != "" && isEmptyText(out) {
		return wrong("Empty value", fmt.Sprintf("The argument %q of %s is empty, as a variable may be that nobody set. It does not stand for its default then, which is %s: to have that, leave it out or set it to null.", a.schema.Name, b.describe(), a.schema.Default), expr.Range())
	}
	if detail := a.checkOneOf(out); detail != "" {
		if advice := a.schema.Instead[b.Kind]; advice != "" && !out.IsMarked() && out.AsString() == b.Kind {
			detail = fmt.Sprintf("cannot be %q. %s", b.Kind, advice)
		}
		return wrong("Invalid value", fmt.Sprintf("The argument %q of %s %s", a.schema.Name, b.describe(), detail), expr.Range())
	}
	if a.schema.Secret {
		out = out.Mark(Sensitive)
	}
	return out, diags
}

// instead says how to write a value that was given in a wrong form.
func (a *argument) instead(v cty.Value) string {
	ty := v.Type()
	isList := ty.IsTupleType() || ty.IsListType() || ty.IsSetType()
	several := isList || ty.IsObjectType() || ty.IsMapType()
	switch {
	case a.schema.Type.Base == kind.String && several && a.schema.List != "":
		return " " + a.schema.List
	case a.schema.Type.Base == kind.String && isList:
		return " To have one instance for each element, give the block for_each and write each.value here."
	case a.schema.List != "" && ty == cty.String:
		return " " + a.schema.List
	case a.schema.Type.Base == kind.List && ty == cty.String:
		return bracketed(v)
	}
	return ""
}

// bracketed says how to write a string that should have been a list. The parts
// between commas become elements. A secret is not quoted.
func bracketed(v cty.Value) string {
	plain, on := v.Unmark()
	if len(on) > 0 || !plain.IsKnown() || plain.IsNull() || len(plain.AsString()) > maxQuoted {
		return " Write it in brackets."
	}
	var words []string
	for _, w := range strings.Split(plain.AsString(), ",") {
		words = append(words, strconv.Quote(strings.TrimSpace(w)))
	}
	return fmt.Sprintf(" Write it in brackets: [%s].", strings.Join(words, ", "))
}

// maxQuoted is the longest text that a hint repeats, in bytes.
const maxQuoted = 60

// isEmptyText reports whether a value is a text that is known and has nothing in it.
func isEmptyText(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && v.Type() == cty.String && v.AsString() == ""
}

func isKnownNull(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsNull()
}

// modes are the forms of arguments that hold permissions. The text says what to
// write instead of a number.
var modes = map[string]string{
	"mode":  `"0644" or "u+rwX". As a number, 0644 is six hundred and forty-four`,
	"umask": `"0022". As a number, 0022 is twenty-two`,
}

// checkOneOf says what is wrong with a value that must be one of a few.
func (a *argument) checkOneOf(v cty.Value) string {
	v, marks := v.Unmark()
	if len(a.schema.OneOf) == 0 || !v.IsKnown() || v.IsNull() || v.Type() != cty.String || slices.Contains(a.schema.OneOf, v.AsString()) {
		return ""
	}
	detail := fmt.Sprintf("must be one of %s", prose.List(prose.Quoted(a.schema.OneOf), prose.All))
	if IsSecret(v.WithMarks(marks)) {
		return detail + "."
	}
	detail += fmt.Sprintf(", and %q is not.", v.AsString())
	if advice := cmp.Or(a.schema.Instead[v.AsString()], valueAdvice[v.AsString()]); advice != "" {
		return detail + " " + advice
	}
	return detail + prose.DidYouMeanWord(valueMeant(v.AsString(), *a.schema))
}

// conflicts reports arguments that may not be set together. An argument that is
// null is not set. An unknown one may turn out to be null, and is not reported.
func (b *Block) conflicts(as Arguments) (diags hcl.Diagnostics) {
	done := map[string]bool{}
	for i := range b.args {
		a := &b.args[i]
		if a.attr == nil || len(a.schema.Conflicts) == 0 || !isSet(as.of(a)) {
			continue
		}
		for _, other := range a.schema.Conflicts {
			if v := as.Get(other); v == cty.NilVal || !isSet(v) || done[other+" "+a.schema.Name] {
				continue
			}
			done[a.schema.Name+" "+other] = true
			diags = append(diags, problem("Conflicting arguments", fmt.Sprintf("The arguments %q and %q of %s cannot be set together. Keep one of them.", a.schema.Name, other, b.describe()), b.later(a.schema.Name, other)))
		}
	}
	return diags
}

// needlessVia reports a via beside an argument whose value makes the context go through
// no other. A via that is null is not set.
func (b *Block) needlessVia(as Arguments) (diags hcl.Diagnostics) {
	if b.Via == nil || isNullLiteral(b.Via) {
		return nil
	}
	for i := range b.args {
		a := &b.args[i]
		v := as.of(a)
		if a.attr == nil || a.schema.Alone == "" || !isSet(v) {
			continue
		}
		if plain, _ := v.Unmark(); plain.AsString() == a.schema.Alone {
			diags = append(diags, problem("Context cannot go through another", fmt.Sprintf("With %s = %q, %s connects by itself, and reaches nothing through the context of its via. %s, or leave %s out.",
				a.schema.Name, a.schema.Alone, b.describe(), a.schema.InsteadOfVia, a.schema.Name), b.Via.Range()))
		}
	}
	return diags
}

func isNullLiteral(expr hcl.Expression) bool {
	v, diags := expr.Value(nil)
	return !diags.HasErrors() && isKnownNull(v)
}

// later is the range of the name of whichever argument comes second.
func (b *Block) later(x, y string) hcl.Range {
	rx, ry := b.Attrs[x].NameRange, b.Attrs[y].NameRange
	if rx.Start.Byte > ry.Start.Byte {
		return rx
	}
	return ry
}

// checkShape checks what the conversion to a cty type does not check: that numbers
// are whole, base64 is valid, elements are not null, and the shape of any.
func checkShape(t kind.Type, v cty.Value, depth int) error {
	if v.IsMarked() {
		plain, _ := v.Unmark()
		err := checkShape(t, plain, depth)
		if err != nil && marks.IsSecretItself(v) {
			return bare(err) // where in it something is wrong is secret, too
		}
		return err
	}
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	switch t.Base {
	case kind.Number:
		_, err := wholeNumber(v)
		return err
	case kind.Float, kind.Any:
		return functions.BoundNumbers(v)
	case kind.Bytes:
		if _, err := base64.StdEncoding.DecodeString(v.AsString()); err != nil {
			return fmt.Errorf("it is not valid base64")
		}
	case kind.List, kind.Map:
		return checkElements(t, v, depth)
	case kind.Object:
		return checkObject(t, v, depth)
	}
	return nil
}

func checkElements(t kind.Type, v cty.Value, depth int) error {
	isMap := v.Type().IsMapType() || v.Type().IsObjectType()
	if !v.CanIterateElements() || isMap != (t.Base == kind.Map) {
		return fmt.Errorf("a %s is required", t.Base)
	}
	for it := v.ElementIterator(); it.Next(); {
		key, elem := it.Element()
		step := cty.Path{cty.IndexStep{Key: key}}
		if t.Elem.Base != kind.Any && isKnownNull(elem) {
			return step.NewErrorf("the element is null, and every element needs a value")
		}
		if err := checkShape(*t.Elem, elem, depth+1); err != nil {
			return prefix(step, err)
		}
	}
	return nil
}

func checkObject(t kind.Type, v cty.Value, depth int) error {
	for _, a := range t.Object.Attrs {
		if !v.Type().HasAttribute(a.Name) {
			continue
		}
		attr, step := v.GetAttr(a.Name), cty.GetAttrPath(a.Name)
		if a.Required && isKnownNull(attr) {
			return step.NewErrorf("a value is required")
		}
		if err := checkShape(a.Type, attr, depth+1); err != nil {
			return prefix(step, err)
		}
	}
	return nil
}
