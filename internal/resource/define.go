package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// Define makes the definition of a resource kind.
func Define(name string, create func() Resource, results any) kind.Kind {
	return kind.Of(kind.RoleResource, name, func() any { return create() }, results)
}

// Presence are the words that other tools have for the values of an argument
// state that is present or absent.
func Presence() map[string]string {
	return map[string]string{
		"present": "installed exists file touch create created",
		"absent":  "removed deleted uninstalled missing purged delete",
	}
}
