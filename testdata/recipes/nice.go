package connect

import (
	"context"
	"errors"
	"os/exec"
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
	k := Define(func() transport.Connector { return &Nice{} })
	k.SameMachine = true
	return k
}

// Kind is "nice".
func (Nice) Kind() string { return "nice" }

// Start runs a shell under nice, which becomes the agent. One that was cached and
// does not start is replaced once.
func (k Nice) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	b := NewBootstrap(s, k.Common)
	link, err := k.start(ctx, b)
	if errors.Is(err, ErrStale) {
		link, err = k.start(ctx, b.Fresh())
	}
	return link, err
}

func (k Nice) start(ctx context.Context, b *Bootstrap) (*transport.Link, error) {
	path, err := exec.LookPath("nice")
	if err != nil {
		return nil, problem(kind.CodeToolMissing, "No nice on the host", "It cannot be executed: %v. Install coreutils.", err)
	}
	n := k.Increment
	if n == 0 {
		n = 10
	}
	args := []string{"nice", "-n", strconv.FormatInt(n, 10), "sh", "-c", b.Script()}
	p, err := startProcess(&exec.Cmd{Path: path, Args: args, Env: Environ()}, &LastWords{}, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	r, err := greet(ctx, p, b, nil)
	if err != nil {
		return nil, err
	}
	return p.link(r), nil
}
