package kinds

import (
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/accounts"
	"github.com/mitoplan/mitoplan/internal/resource/files"
	"github.com/mitoplan/mitoplan/internal/resource/scripts"
)

// kinds returns all resource kinds. Each family lists its own; a new family is appended
// here, or in rare if only the full edition of the agent has it. The schemas are read once in
// a process, because a plan looks up the kind of each resource.
var kinds = sync.OnceValue(func() []kind.Kind {
	all := slices.Concat(files.Kinds(), accounts.Kinds(), scripts.Kinds())
	for _, k := range rare() {
		k.Rare = true
		all = append(all, k)
	}
	return all
})

// Kinds returns every resource kind of this program. The usual edition of the agent lacks
// those that are rare.
func Kinds() []kind.Kind { return slices.Clone(kinds()) }

// Lookup returns the resource kind with a name.
func Lookup(name string) (kind.Kind, bool) { return kind.Find(kinds(), name) }
