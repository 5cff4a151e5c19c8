package manual

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Named returns the kinds that a name means: all of that name, or that of one role, as in
// context.ssh, resource.file and call.stat.
func Named(kinds []kind.Kind, name string) []kind.Kind {
	role, after, qualified := strings.Cut(name, ".")
	return matching(kinds, func(k kind.Kind) bool {
		return k.Name == name || qualified && k.Name == after && (role == string(k.Role) || role == "call" && k.Role == kind.RoleFunction)
	})
}

// Meant returns the kinds that another tool calls by a word. The word may have the name of a
// collection or of a module before it, as in ansible.builtin.copy and files.line.
func Meant(kinds []kind.Kind, word string) []kind.Kind {
	last := word[strings.LastIndex(word, ".")+1:]
	found := matching(kinds, func(k kind.Kind) bool { return slices.Contains(k.OtherNames, word) })
	if len(found) == 0 {
		found = matching(kinds, func(k kind.Kind) bool { return slices.Contains(k.OtherNames, last) })
	}
	if len(found) == 0 && last != word {
		found = Named(kinds, last)
	}
	return found
}

func matching(kinds []kind.Kind, is func(kind.Kind) bool) (found []kind.Kind) {
	for _, p := range Index(kinds) {
		for _, k := range p.Kinds {
			if is(k) {
				found = append(found, k)
			}
		}
	}
	return found
}
