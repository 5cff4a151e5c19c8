package accounts

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// sorted are names in order and once each.
func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// namesTrait is of all names that an argument is about; with append of those of them that the
// block has.
func namesTrait(attr string, wanted []string, appended bool, have []string) resource.Trait {
	have = slices.Clone(have)
	var part any
	if appended {
		part = sorted(wanted)
		have = slices.DeleteFunc(have, func(name string) bool { return !slices.Contains(wanted, name) })
	}
	slices.Sort(have)
	return resource.NewTrait(attr, part, append([]string{}, have...))
}
