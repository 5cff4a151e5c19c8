package connect

import (
	"cmp"
	"context"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Nice is an agent on the parent's machine, as the same user, that lets other
// programs go first.
type Nice struct {
	Common
	Increment int64 `cbor:"increment,omitempty" mito:"default=10"`
}

// Manual says the texts of these arguments.
func (Nice) Manual() kind.Manual {
	return kind.Manual{
		Doc:   "An agent on the machine of its via context, of a lower priority.",
		Attrs: map[string]kind.Entry{"increment": {Doc: "What is added to its niceness; see nice(1)."}},
	}
}

func niceKind() kind.Kind {
	k := define(func() transport.Connector { return &Nice{} })
	k.SameMachine = true
	return k
}

// Kind is "nice".
func (Nice) Kind() string { return "nice" }

// Start runs nice, which runs a shell that becomes the agent.
func (k Nice) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	n := cmp.Or(k.Increment, 10)
	return prefix{
		Common: k.Common, program: "nice", args: []string{"-n", strconv.FormatInt(n, 10), "sh"}, keepsLocale: true,
		missing: func(_ string, err error) *kind.Problem {
			return problem(kind.CodeToolMissing, "No nice on the host", "It cannot be executed: %v. Install coreutils.", err)
		},
	}.start(ctx, s)
}
