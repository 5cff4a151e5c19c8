package planner

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// cleared returns the attributes of an instance that hold a known secret and are
// shown all the same. The configuration has said with nonsensitive() that they
// may be, and they are exactly what it made them. What a host answered is never
// among them. So a view masks what hosts say, and nothing that was decided here.
func (s *secrets) cleared(i *instance, after map[string]any) []string {
	if s.known.Len() == 0 {
		return nil
	}
	var out []string
	for name, v := range after {
		if v != nil && holdsSecret(&s.known, v) && (i.isCall() || sameWire(v, i.wire[name])) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// clearedOutput reports an output that holds a known secret and has no mark:
// what hosts answered has one by now, see spread.
func (s *secrets) clearedOutput(v cty.Value) bool {
	return !config.IsSensitive(v) && slices.ContainsFunc(config.Texts(v), s.known.Holds)
}
