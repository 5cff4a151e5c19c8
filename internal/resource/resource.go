package resource

import (
	"context"
	"slices"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Resource is the desired state of one thing. Its fields are the arguments of
// its kind.
//
// Check says what would change and writes nothing. Apply reads again, calls
// Host.Begin with what it found, makes the change and says what it did. Both
// return the same Change as long as the machine stays the same.
type Resource interface {
	Check(ctx context.Context, h Host) (Change, error)
	Apply(ctx context.Context, h Host) (Change, error)
	// Thing is what it changes, as far as others may change it too: a path as
	// it was written, or Accounts. Of the actions on one thing, one runs at a
	// time.
	Thing() string
}

// Validator is a Resource whose arguments can be wrong in ways that no schema
// tells. Validate looks at the arguments only, never at a machine; arguments
// that are not known yet are absent.
type Validator interface {
	Validate() []kind.Problem
}

// Definition is a resource kind: its schema and how to make one.
type Definition struct {
	kind.Kind
	// New returns an empty Resource to decode arguments into.
	New func() Resource
	// Number is the argument without which a new thing gets the next number
	// that is free on its machine. Actions of such a kind are applied one at a
	// time, in the order of the plan, so that the number does not depend on
	// who is faster. It is empty where things have no numbers.
	Number string
	// Aliases maps words of other tools to the argument that means the same
	// here, for "did you mean".
	Aliases map[string]string
}

// SourceContent is the name under which the bytes of a controller's file are
// sent with a block that sets `source`. It is no argument: whoever reads the
// file adds it to the wire arguments, beside `source`, which is for display.
const SourceContent = "source_content"

// Kinds returns every resource kind.
func Kinds() []Definition { return slices.Clone(kinds()) }

// kinds reads the schemas once: a plan looks kinds up once a resource.
var kinds = sync.OnceValue(func() []Definition {
	return []Definition{fileKind(), directoryKind(), lineKind(), userKind()}
})

// Lookup returns the kind of that name.
func Lookup(name string) (Definition, bool) {
	for _, d := range kinds() {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

func define(name, doc string, args, results any, create func() Resource, aliases map[string]string) Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleResource, Name: name, Doc: doc,
			Args: kind.SchemaOf(args), Results: kind.SchemaOf(results),
		},
		New:     create,
		Aliases: aliases,
	}
}
