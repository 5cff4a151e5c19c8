package resource

import (
	"context"

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
	Thing() kind.Thing
}
