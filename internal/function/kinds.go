package function

import (
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// kinds returns all functions. A new function is one line here and a file of its own
// that makes the definition. The schemas are read once in a process.
var kinds = sync.OnceValue(func() []kind.Kind {
	return []kind.Kind{
		commandKind(),
		statKind(),
		readFileKind(),
		hostnameKind(),
	}
})

// Kinds returns the definitions of all functions.
func Kinds() []kind.Kind { return slices.Clone(kinds()) }

// Lookup returns the definition of the function with a name.
func Lookup(name string) (kind.Kind, bool) { return kind.Find(kinds(), name) }
