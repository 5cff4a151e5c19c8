package marks

import (
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestTexts: if a value has secret parts, only their texts are secret, each for
// itself. If the value itself is secret, all of its texts are.
func TestTexts(t *testing.T) {
	text, number := cty.StringVal("a"), cty.NumberFloatVal(1.5)
	for name, tt := range map[string]struct {
		v           cty.Value
		secret, all string
	}{
		"no value":          {cty.NilVal, "", ""},
		"plain":             {text, "", "a"},
		"a secret":          {text.Mark(Sensitive), "a", "a"},
		"what was echoed":   {text.Mark(Echoed), "a", "a"},
		"ephemeral":         {number.Mark(Ephemeral), "1.5", "1.5"},
		"volatile":          {text.Mark(Volatile), "", "a"},
		"unknown":           {cty.UnknownVal(cty.String).Mark(Sensitive), "", ""},
		"null":              {cty.NullVal(cty.String).Mark(Sensitive), "", ""},
		"a bool":            {cty.True.Mark(Sensitive), "", ""},
		"one of a list":     {cty.ListVal([]cty.Value{text.Mark(Sensitive), cty.StringVal("b")}), "a", "a b"},
		"a whole list":      {cty.ListVal([]cty.Value{text, cty.StringVal("b")}).Mark(Sensitive), "a b", "a b"},
		"keys of an object": {cty.ObjectVal(map[string]cty.Value{"k": cty.TupleVal([]cty.Value{number.Mark(Sensitive), text})}), "1.5", "1.5 a k"},
		"keys of a map":     {cty.MapVal(map[string]cty.Value{"k": text}), "", "a k"},
	} {
		secret, all := SecretTexts(tt.v), Texts(tt.v)
		slices.Sort(secret)
		slices.Sort(all)
		if got := strings.Join(secret, " "); got != tt.secret {
			t.Errorf("%s: secret are %q, want %q", name, got, tt.secret)
		}
		if got := strings.Join(all, " "); got != tt.all {
			t.Errorf("%s: texts are %q, want %q", name, got, tt.all)
		}
	}
}

// TestMarks: each mark answers certain questions about a value, also from deep
// inside of it.
func TestMarks(t *testing.T) {
	for m, want := range map[Mark][4]bool{ // sensitive, ephemeral, secret, volatile
		Sensitive: {true, false, true, false}, Ephemeral: {false, true, true, false},
		Echoed: {true, false, true, false}, Volatile: {false, false, false, true},
	} {
		v := cty.UnknownVal(cty.String).Mark(m)
		for _, v := range []cty.Value{v, cty.TupleVal([]cty.Value{v}), cty.ObjectVal(map[string]cty.Value{"a": cty.ListVal([]cty.Value{v})})} {
			if got := [4]bool{IsSensitive(v), IsEphemeral(v), IsSecret(v), IsVolatile(v)}; got != want || !Any(v) {
				t.Errorf("%s: got %v, want %v of %#v", m, got, want, v)
			}
			if plain, _ := v.UnmarkDeep(); Any(plain) {
				t.Errorf("%s: a mark is found in %#v", m, plain)
			}
		}
		if IsVolatile(cty.StringVal("known").Mark(m)) {
			t.Errorf("%s: a known value is volatile, want that only unknown ones are", m)
		}
	}
	if IsSecretItself(cty.TupleVal([]cty.Value{cty.True.Mark(Sensitive)})) || !IsSecretItself(cty.True.Mark(Echoed)) {
		t.Error("IsSecretItself must look at the mark of the value itself, and not at those of its parts")
	}
}
