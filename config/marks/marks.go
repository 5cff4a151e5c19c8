// Package marks says which values are secret, and which are new at every apply.
//
// A mark sticks to a value, and evaluation hands it on to everything that is made
// from the value. Variables and functions set marks; whoever shows or stores a
// value asks here first. The package knows values only: it never evaluates and
// never decides what is shown instead.
package marks

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Mark is a property of a value. Everything that is made from the value has it too.
type Mark string

// Sensitive values are never shown, and Ephemeral ones never stored. An Echoed value is
// an answer of a host that contains a known secret. It is never shown either, but the
// configuration could not declare it sensitive, so an output made from it is hidden
// instead of refused. Volatile values are new at every apply, and not secret. Passing values
// are known, and others in every run.
const (
	Sensitive Mark = "sensitive"
	Ephemeral Mark = "ephemeral"
	Echoed    Mark = "echoed"
	Volatile  Mark = "volatile"
	Passing   Mark = "passing"
)

// IsSensitive reports whether any part of a value must not be shown.
func IsSensitive(v cty.Value) bool { return Has(v, Sensitive, Echoed) }

// IsEphemeral reports whether any part of a value must not be stored.
func IsEphemeral(v cty.Value) bool { return Has(v, Ephemeral) }

// IsSecret reports whether any part of a value has a mark that keeps it from
// being shown or stored.
func IsSecret(v cty.Value) bool { return Has(v, Sensitive, Echoed, Ephemeral) }

// IsSecretItself is IsSecret of a value, whatever its parts are.
func IsSecretItself(v cty.Value) bool { return IsSecret(cty.True.WithMarks(v.Marks())) }

// Has reports whether a value or a part of it has one of the marks.
func Has(v cty.Value, marks ...Mark) bool {
	return holds(v, func(v cty.Value) bool {
		return v.IsMarked() && slices.ContainsFunc(marks, func(m Mark) bool { return v.HasMark(m) })
	})
}

// Any reports whether a value or a part of it has any mark.
func Any(v cty.Value) bool { return holds(v, cty.Value.IsMarked) }

// holds reports whether something is true of a value or of a part of it. It is called
// for every argument of every instance, so it does not use the walks of cty, which make
// a path for each part. Elements of a set have no marks: the set has those.
func holds(v cty.Value, what func(cty.Value) bool) bool {
	if v == cty.NilVal {
		return false
	}
	if what(v) {
		return true
	}
	v, _ = v.Unmark()
	t := v.Type()
	switch {
	case t.IsPrimitiveType() || t.IsSetType() || !v.IsKnown() || v.IsNull():
	case t.IsObjectType():
		for name := range t.AttributeTypes() {
			if holds(v.GetAttr(name), what) {
				return true
			}
		}
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			if _, e := it.Element(); holds(e, what) {
				return true
			}
		}
	}
	return false
}

// SecretTexts are the strings and numbers in a value that are marked, one by
// one: of a list of which one element is a secret only that. Keys are not among
// them.
func SecretTexts(v cty.Value) []string {
	var out []string
	secretTexts(v, false, &out)
	return out
}

// Texts are all strings and numbers in a value, and the keys of its maps and
// objects.
func Texts(v cty.Value) []string {
	var out []string
	secretTexts(v, true, &out)
	keys(v, &out)
	return out
}

func keys(v cty.Value, out *[]string) {
	v, _ = v.Unmark()
	if v == cty.NilVal || !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return
	}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if k, _ = k.Unmark(); (v.Type().IsMapType() || v.Type().IsObjectType()) && k.Type() == cty.String {
			*out = append(*out, k.AsString())
		}
		keys(e, out)
	}
}

func secretTexts(v cty.Value, marked bool, out *[]string) {
	marked = marked || IsSecretItself(v)
	v, _ = v.Unmark()
	switch {
	case v == cty.NilVal || !v.IsKnown() || v.IsNull():
	case v.Type().IsSetType() && !marked:
	case v.Type() == cty.String && marked:
		*out = append(*out, v.AsString())
	case v.Type() == cty.Number && marked:
		*out = append(*out, v.AsBigFloat().Text('f', -1))
	case v.CanIterateElements():
		for _, e := range v.Elements() {
			secretTexts(e, marked, out)
		}
	}
}

// IsPassing reports whether a part of a value is another one in every run.
func IsPassing(v cty.Value) bool { return Has(v, Passing) }

// IsVolatile reports whether a part of a value is unknown because it is new at
// every apply.
func IsVolatile(v cty.Value) bool { return Has(v, Volatile) && !v.IsWhollyKnown() }
