package resource

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Resource is the desired state of one thing on a machine, such as a file with
// its content, owner and mode. Each resource kind is one struct that implements
// it; the fields of the struct are the arguments of the kind. Kind.New makes an
// empty one for each request, the arguments are decoded into it, and it is
// dropped when the request is answered.
//
// A plan calls Check, an apply calls Apply. Both read the thing through the Host
// and return the same Change as long as the machine stays the same. A Resource
// keeps nothing between two calls and never touches the machine but through its
// Host.
type Resource interface {
	// Check returns what Apply would change. It writes nothing: a Host of a plan
	// refuses every write.
	Check(ctx context.Context, h Host) (Change, error)
	// Apply reads the thing again, calls Host.Begin with the Change that this
	// gives, makes the change, and returns what it did.
	Apply(ctx context.Context, h Host) (Change, error)
	// Thing is what Apply changes: a path as the block has it, or Accounts. The
	// agent runs one Apply on a thing at a time.
	Thing() kind.Thing
	// End returns the Resource that takes away what an apply of these arguments made. It
	// is called with the arguments that the record has kept and no others. The Check and
	// the Apply of what it returns keep the same promises. They touch nothing that the
	// apply did not make: their Change is a Delete; an Update or a Replace if something is
	// put back or taken out of a thing; or a NoOp. A NoOp without Change.Stays means that
	// it is gone already.
	End(e End) (Resource, error)
}
