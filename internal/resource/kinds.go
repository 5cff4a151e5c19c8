package resource

import (
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// kinds are all resource kinds: a new one is a line here, and a file of its own
// that makes the definition. The schemas are read once, as a plan looks kinds up
// once a resource.
var kinds = sync.OnceValue(func() []kind.Kind {
	return []kind.Kind{
		fileKind(),
		directoryKind(),
		lineKind(),
		userKind(),
	}
})

// Kinds returns every resource kind.
func Kinds() []kind.Kind { return slices.Clone(kinds()) }

// Lookup returns the kind of that name.
func Lookup(name string) (kind.Kind, bool) { return kind.Find(kinds(), name) }
