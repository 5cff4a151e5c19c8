package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// plain rewords what the evaluator said. Details become sentences with one full
// stop, and say in the words of the configuration what is there instead of what was
// looked up. The diagnostics have passed conceal. Values are shown only if they are
// not secret.
func plain(diags hcl.Diagnostics) hcl.Diagnostics {
	out := make(hcl.Diagnostics, len(diags))
	for i, d := range diags {
		shown := *d
		shown.Detail = sentenceEnd(d.Detail)
		if reword := evaluatorMessages[d.Summary]; reword != nil && d.Detail != concealed && d.Expression != nil && d.EvalContext != nil {
			if detail := reword(d); detail != "" {
				shown.Detail = detail
			}
		}
		if reword := templateMessages[d.Summary]; reword != nil && d.Detail != concealed {
			shown.Detail = reword(d.Detail)
		}
		out[i] = &shown
	}
	return out
}

// sentenceEnd is a text with one full stop, or question mark, at its end.
func sentenceEnd(s string) string {
	s = strings.TrimRight(s, " \t\r\n")
	for _, end := range []string{"?", "!", "…", "."} {
		if before, found := strings.CutSuffix(s, end+"."); found {
			return sentenceEnd(before + end)
		}
	}
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// templateMessages are about the form of the templates that strings of JSON are:
// those are parsed when they are evaluated.
var templateMessages = map[string]func(string) string{
	"Invalid template control keyword": templateKeyword,
	"Unclosed template interpolation sequence": func(string) string {
		return "The ${ here is not closed: a } is missing. " + literally("$")
	},
	"Extra characters after interpolation expression": func(string) string {
		return "This text cannot be in a ${ } of a template. " + literally("$")
	},
}

const whereNull = " If it may be null, give a value for that case, as in try(…, null)."

// evaluatorMessages say what the evaluator said, by its summary; "" leaves its
// detail as it is.
var evaluatorMessages = map[string]func(*hcl.Diagnostic) string{
	"Invalid index": notFound, "Missing map element": notFound, "Unsupported attribute": notFound,
	"Attempt to get attribute from null value": func(d *hcl.Diagnostic) string { return d.Detail + whereNull },
	"Attempt to index null value":              func(d *hcl.Diagnostic) string { return d.Detail + whereNull },
	"Invalid template interpolation value":     notAText,
	"Iteration over null value": func(*hcl.Diagnostic) string {
		return "A for expression iterates over a collection, and this is null. Give a value for that case, as in coalesce(…, [])."
	},
	"Iteration over non-iterable value": func(d *hcl.Diagnostic) string {
		return describing(d, "A for expression iterates over a list, a set, a map or an object, and this is %s.")
	},
	"Incorrect condition type": func(d *hcl.Diagnostic) string {
		return describing(d, "A condition is true or false, and this is %s.")
	},
	"Inconsistent conditional result types": func(d *hcl.Diagnostic) string {
		c, ok := d.Expression.(*hclsyntax.ConditionalExpr)
		if !ok {
			return ""
		}
		yes, _ := c.TrueResult.Value(d.EvalContext)
		no, _ := c.FalseResult.Value(d.EvalContext)
		if IsSecret(yes) || IsSecret(no) {
			return ""
		}
		return fmt.Sprintf("Both results must have the same type, and the first is %s and the second %s.", Describe(yes), Describe(no))
	},
	"Invalid operand": func(d *hcl.Diagnostic) string {
		if !strings.HasSuffix(d.Detail, "a number is required.") {
			return ""
		}
		return d.Detail + ` To join strings, write a template, "${a}${b}". To join lists, use concat().`
	},
	"Invalid function argument": func(d *hcl.Diagnostic) string {
		if detail := notConverted(d); detail != "" {
			return detail
		}
		return nullArgument(d)
	},
}

// notConverted says why a value does not become one of another type, as tolist,
// toset, tomap and tostring make them.
func notConverted(d *hcl.Diagnostic) string {
	_, of, _ := strings.Cut(d.Detail, ": cannot convert ")
	_, what, found := strings.Cut(strings.TrimSuffix(of, "."), " to ")
	what, collection := strings.CutSuffix(what, " of any single type")
	v, diags := d.Expression.Value(d.EvalContext)
	if !found || strings.Contains(what, ";") || diags.HasErrors() || IsSecret(v) {
		return ""
	}
	ty := v.Type()
	is := fmt.Sprintf("This does not become a %s: it is %s.", what, Describe(v))
	switch {
	case !collection, ty.IsTupleType() && what == "map":
		return is
	case ty.IsTupleType(), ty.IsObjectType() && what == "map":
		return fmt.Sprintf("This does not become a %s: its elements have no type in common.", what)
	case ty.IsObjectType(), ty.IsMapType():
		return is + fmt.Sprintf(" Use to%s(keys(…)) or to%s(values(…)).", what, what)
	case what == "map":
		return is
	}
	return is + fmt.Sprintf(" For a %s of one element, write it in brackets: to%s([…]).", what, what)
}

// nullArgument says where the null may come from that a function was given.
func nullArgument(d *hcl.Diagnostic) string {
	if !strings.HasSuffix(d.Detail, "must not be null.") {
		return ""
	}
	for _, t := range d.Expression.Variables() {
		if calledBy(t) != "" {
			return d.Detail + ` The results of a call that does not run this time are null. Give a value for that case, as in coalesce(…, "none") or try(…, null).`
		}
	}
	return d.Detail + ` Give a value for the case that it is null, as in coalesce(…, "none") or try(…, null).`
}

// describing inserts a description of the value to blame into a sentence.
func describing(d *hcl.Diagnostic, sentence string) string {
	v, diags := d.Expression.Value(d.EvalContext)
	if diags.HasErrors() || IsSecret(v) {
		return ""
	}
	return fmt.Sprintf(sentence, Describe(v))
}

// notAText is the detail about a value that a template cannot hold.
func notAText(d *hcl.Diagnostic) string {
	v, diags := d.Expression.Value(d.EvalContext)
	switch {
	case diags.HasErrors() || IsSecret(v):
		return ""
	case v.IsNull():
		return `A template cannot contain null, and this value is null. Give a value for that case, as in coalesce(…, "none").`
	case v.Type().IsListType() || v.Type().IsTupleType() || v.Type().IsSetType():
		return fmt.Sprintf("A template can contain strings, numbers and bools, and this is %s. Write join(\", \", …) or jsonencode(…).", Describe(v))
	}
	return fmt.Sprintf("A template can contain strings, numbers and bools, and this is %s. Refer to a part of it, or write jsonencode(…).", Describe(v))
}

// notFound names the keys that a collection has, instead of the one that an
// expression looks up.
func notFound(d *hcl.Diagnostic) string {
	root, steps, ok := chainOf(d.Expression)
	if !ok {
		return ""
	}
	v, known := lookUp(d.EvalContext, root.RootName())
	name := root.RootName()
	for _, s := range append(stepsOf(root[1:]), steps...) {
		key, given := s.given(d.EvalContext)
		if !known || !given || v.IsMarked() || v.IsNull() || !v.IsKnown() {
			return ""
		}
		next, diags := hcl.Index(v, key.value(), &s.rng)
		if diags.HasErrors() {
			return lacks(name, v, key)
		}
		v, name = next, name+key.written(s)
	}
	return ""
}

// value is the key as a value of the language.
func (k Key) value() cty.Value {
	if k.Index {
		if n, err := cty.ParseNumberVal(k.Text); err == nil {
			return n
		}
	}
	return cty.StringVal(k.Text)
}

// written is the key as the step has it.
func (k Key) written(s mentionStep) string {
	if s.name != "" {
		return "." + s.name
	}
	return k.String()
}

// lacks is the detail about a key that a value does not have.
func lacks(name string, v cty.Value, key Key) string {
	ty := v.Type()
	switch {
	case ty.IsListType() || ty.IsTupleType():
		if n := v.LengthInt(); n > 0 {
			return fmt.Sprintf("%s has %s, counted from 0: the last is [%d].", name, elements(n), n-1)
		}
		return name + " is empty."
	case ty.IsSetType():
		return fmt.Sprintf("%s is a set, and the elements of a set have no keys. Convert it to a list with tolist().", name)
	case !ty.IsMapType() && !ty.IsObjectType():
		return fmt.Sprintf("%s is %s, and has no parts.", name, Describe(v))
	}
	var keys []Key
	for it := v.ElementIterator(); it.Next(); {
		k, _ := it.Element()
		if IsSecret(k) {
			return ""
		}
		keys = append(keys, Key{Text: k.AsString()})
	}
	if len(keys) == 0 {
		return fmt.Sprintf("%s has no %s: it is empty.", name, key.name())
	}
	return fmt.Sprintf("%s has no %s. It has %s.", name, key.name(), prose.List(nearestFirst(key, keys), maxKeys))
}
