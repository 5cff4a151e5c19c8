package resource

import (
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// kinds returns all resource kinds. A new kind is one line here and a file of its own
// that makes the definition. The schemas are read once in a process, because a plan
// looks up the kind of each resource.
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

// Lookup returns the resource kind with a name.
func Lookup(name string) (kind.Kind, bool) { return kind.Find(kinds(), name) }
