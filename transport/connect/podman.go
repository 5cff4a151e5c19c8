package connect

import (
	"cmp"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Podman starts an agent in a running container of the parent's machine, with podman exec. It
// counts as another machine.
type Podman struct {
	Common
	// Container: Name or id of the container. Required.
	Container string `cbor:"container" mito:"required,public,describes=container"`
	// User: User in the container, as name or number, and a group behind a colon; without it
	// that of the container.
	User string `cbor:"user,omitempty" mito:"public"`
	// Path: The podman program. Default podman.
	Path string `cbor:"path,omitempty" mito:"public,default=podman"`
}

// Manual has the texts of these arguments.
func (Podman) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in a running container on the machine of its via context, started with podman exec.",
		Attrs: map[string]kind.Entry{
			"container": {Doc: "Name or id of the container."},
			"user":      {Doc: "User in the container, as name or number, and a group behind a colon; without it that of the container."},
			"path":      {Doc: "The podman program."},
		},
	}
}

func podmanKind() kind.Kind { return define(func() transport.Connector { return &Podman{} }) }

// Kind is "podman".
func (Podman) Kind() string { return "podman" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Podman) Validate() []kind.Problem {
	return append(k.Common.Validate(), checkContainer(k.Container, k.User, k.Path)...)
}

// Start runs podman.
func (k Podman) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Podman) Sent() (transport.Connector, error) { return sent(k) }

func (k Podman) prefixed() prefixed {
	return inContainer(k.Common, cmp.Or(k.Path, "podman"), k.Container, k.User)
}
