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
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Nice) Sent() (transport.Connector, error) { return sent(k) }

func (k Nice) prefixed() prefixed {
	n := cmp.Or(k.Increment, 10)
	return prefixed{
		Common: k.Common, Argv: []string{"nice", "-n", strconv.FormatInt(n, 10)},
		ProgramFrom: "increment", ToDo: "Install coreutils there.", KeepsLocale: true,
		Refusals: refusals{{[]string{"cannot set niceness"},
			"increment", kind.CodeAgentNotStarted, "Niceness refused", "The host does not allow it. Correct increment."}},
	}
}
