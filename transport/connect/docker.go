package connect

import (
	"cmp"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Docker starts an agent in a running container of the parent's machine, with docker exec. It
// counts as another machine.
type Docker struct {
	Common
	// Container: Name or id of the container. Required.
	Container string `cbor:"container" mito:"required,public,describes=container"`
	// User: User in the container, as name or number, and a group behind a colon; without it
	// that of the container.
	User string `cbor:"user,omitempty" mito:"public"`
	// Path: The docker program. Default docker.
	Path string `cbor:"path,omitempty" mito:"public,default=docker"`
}

// Manual has the texts of these arguments.
func (Docker) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in a running container on the machine of its via context, started with docker exec.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "docker" "app" {
  via       = context.local.here
  container = "web"
}
call "hostname" "it" {
  on = context.docker.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin community.docker.docker.",
			Pyinfra: "the connector @docker, which starts a container of an image and makes an image of it at the end. Here the container has to run, and what is changed in it is lost with it.",
			Limits:  "The container has to have sh and gzip: an image without a shell cannot be entered. The example is tried with a program that takes the command line of docker exec; the kind itself is tried with podman and runc.",
		},
		Attrs: map[string]kind.Entry{
			"container": {Doc: "Name or id of the container."},
			"user":      {Doc: "User in the container, as name or number, and a group behind a colon; without it that of the container."},
			"path":      {Doc: "The docker program."},
		},
	}
}

func dockerKind() kind.Kind { return define(func() transport.Connector { return &Docker{} }) }

// Kind is "docker".
func (Docker) Kind() string { return "docker" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Docker) Validate() []kind.Problem {
	return append(k.Common.Validate(), checkContainer(k.Container, k.User, k.Path)...)
}

// Start runs docker.
func (k Docker) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Docker) Sent() (transport.Connector, error) { return sent(k) }

func (k Docker) prefixed() prefixed {
	return inContainer(k.Common, cmp.Or(k.Path, "docker"), k.Container, k.User)
}
