package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// kindMeant is the kind that another tool calls by that name; "" where there is
// none.
func kindMeant(given string, known map[string]*kind.Kind) string {
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if slices.Contains(known[name].Words, given) {
			return name
		}
	}
	return ""
}

// attrMeant is the first of the attributes that another tool calls by that name;
// "" where there is none. Only those whose names are among names count.
func attrMeant(given string, attrs []kind.Attr, names []string) string {
	for _, a := range attrs {
		if slices.Contains(a.Words, given) && slices.Contains(names, a.Name) {
			return a.Name
		}
	}
	return ""
}

// valueMeant is the value of an argument that another tool calls by that name, or
// the most similar one; "" where nothing is close.
func valueMeant(given string, a kind.Attr) string {
	for _, value := range a.OneOf {
		if slices.Contains(strings.Fields(a.Values[value]), given) {
			return value
		}
	}
	return closest(given, a.OneOf)
}
