package config

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// Describe says in a few words what a value is, for messages: "a string", "an object
// with host and port". It never shows the value. It shows the names of attributes if
// they are not secret.
func Describe(v cty.Value) string {
	switch {
	case v == cty.NilVal || v.IsNull():
		return "null"
	case v.Type() == cty.DynamicPseudoType:
		return "not known yet"
	case marks.IsSecretItself(v) || !v.IsKnown():
		return describeType(v.Type(), false)
	}
	v, _ = v.Unmark()
	if ty := v.Type(); ty.IsCollectionType() || ty.IsTupleType() {
		return describeType(ty, false) + " with " + elements(v.LengthInt())
	}
	return describeType(v.Type(), true)
}

func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}

// describeType is a type with its article.
func describeType(ty cty.Type, names bool) string {
	switch {
	case ty.IsTupleType() || ty.IsListType():
		return "a list"
	case ty.IsSetType():
		return "a set"
	case ty.IsMapType():
		return "a map"
	case ty.IsObjectType() && names:
		return describeObject(ty)
	case ty.IsObjectType():
		return "an object"
	case ty == cty.DynamicPseudoType:
		return "a value of any type"
	}
	return "a " + ty.FriendlyName()
}

func describeObject(ty cty.Type) string {
	var names []string
	for name := range ty.AttributeTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "an empty object"
	}
	return "an object with " + prose.List(names, maxKeys)
}

func docSentence(doc string) string {
	if doc == "" {
		return ""
	}
	return " " + prose.Capital(doc)
}
