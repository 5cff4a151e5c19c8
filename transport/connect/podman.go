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
		Page: kind.Page{
			Example: `context "local" "here" {}
context "podman" "app" {
  via       = context.local.here
  container = "web"
}
call "hostname" "it" {
  on = context.podman.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin containers.podman.podman.",
			Pyinfra: "the nearest is the connector @docker, which starts a container of an image and makes an image of it at the end. Here the container has to run, and what is changed in it is lost with it.",
			Limits:  "The container has to have sh and gzip: an image without a shell cannot be entered. The example is tried with a program that takes the command line of podman exec; the kind itself is tried with podman and runc.",
		},
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
