package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// define makes the definition of a resource kind.
func define(name string, create func() Resource, results any) kind.Kind {
	return kind.Of(kind.RoleResource, name, func() any { return create() }, results)
}

// presence are the words that other tools have for the values of an argument
// state that is present or absent.
func presence() map[string]string {
	return map[string]string{
		"present": "installed exists file touch create created",
		"absent":  "removed deleted uninstalled missing purged delete",
	}
}

// elsewhere says of values that other tools give to the state of a file which
// kind there is for them.
func elsewhere() map[string]string {
	return map[string]string{"directory": `A directory is a resource "directory".`, "link": noLinks, "hard": noLinks}
}

const noLinks = "This version makes no links: run ln in a call."
