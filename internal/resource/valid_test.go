package resource

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// The planner accepts traits from a host only in the form that an agent sends.
func TestValidTraits(t *testing.T) {
	args := kind.Schema{Attrs: []kind.Attr{{Name: "mode"}}}
	sum := make([]byte, traitBytes)
	for name, c := range map[string]struct {
		list []Trait
		want bool
	}{
		"none":               {nil, true},
		"of an argument":     {[]Trait{{Attr: "mode", Sum: sum}}, true},
		"of the type":        {[]Trait{{Attr: TypeTrait, Sum: sum}}, true},
		"of the content":     {[]Trait{{Attr: "content", Sum: sum, Part: sum}}, true},
		"of nothing known":   {[]Trait{{Attr: "colour", Sum: sum}}, false},
		"a short sum":        {[]Trait{{Attr: "mode", Sum: sum[1:]}}, false},
		"a short part":       {[]Trait{{Attr: "mode", Sum: sum, Part: sum[1:]}}, false},
		"too many":           {make([]Trait, maxTraits+1), false},
		"one wrong of three": {[]Trait{{Attr: "mode", Sum: sum}, {Attr: "mode"}, {Attr: "mode", Sum: sum}}, false},
	} {
		if got := ValidTraits(c.list, args); got != c.want {
			t.Errorf("%s: accepted is %v, want %v", name, got, c.want)
		}
	}
}
