package kinds_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// TestAKindNamesOneThing: of the arguments of a kind one at most says what it edits, and one what it
// has the whole of. The change of a block that was not sent again is about the first that is set,
// and of two the other would not be asked for.
func TestAKindNamesOneThing(t *testing.T) {
	for _, def := range kinds.Kinds() {
		if wrong := namesTwo(def); wrong != "" {
			t.Errorf("%s: %s", def.Name, wrong)
		}
	}
}

// TestTwoThingsAreSeen: the rule above holds of a kind that breaks it.
func TestTwoThingsAreSeen(t *testing.T) {
	def, _ := kinds.Lookup("hosts_entry")
	for k := range def.Args.Attrs {
		if def.Args.Attrs[k].Name == "address" {
			attrs := append([]kind.Attr(nil), def.Args.Attrs...)
			attrs[k].Edits = kind.PathOf
			def.Args.Attrs = attrs
		}
	}
	if namesTwo(def) == "" {
		t.Error("a kind that edits two paths is not refused")
	}
}

// namesTwo says which two arguments of a kind name a thing each.
func namesTwo(def kind.Kind) string {
	first := ""
	for _, a := range def.Args.Attrs {
		switch {
		case a.Claims == "" && a.Edits == "":
		case first != "":
			return first + " and " + a.Name + " both name a thing that it claims or edits"
		default:
			first = a.Name
		}
	}
	return ""
}
