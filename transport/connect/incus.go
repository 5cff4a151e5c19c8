package connect

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Incus starts an agent in a running instance of Incus, with incus exec on the parent's machine.
// It counts as another machine.
type Incus struct {
	Common
	// Instance: Name of the instance. Required.
	Instance string `cbor:"instance" mito:"required,public,describes=instance"`
	// Remote: Name of the server, as incus remote list has it; without it the default one.
	Remote string `cbor:"remote,omitempty" mito:"public,describes=remote"`
	// Project: Project of the instance; without it the current one of that server.
	Project string `cbor:"project,omitempty" mito:"public,describes=project"`
	// Path: The incus program. Default incus.
	Path string `cbor:"path,omitempty" mito:"public,default=incus"`
}

// Manual has the texts of these arguments.
func (Incus) Manual() kind.Manual {
	return instanceManual("incus", "Incus", kind.Page{
		Example: `context "local" "here" {}
context "incus" "app" {
  via      = context.local.here
  instance = "web"
}
call "hostname" "it" {
  on = context.incus.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
		Ansible: "the connection plugin community.general.incus.",
		Pyinfra: "nothing is like this.",
		Limits:  "The instance has to run, and to have sh and gzip. It is tried with a program that takes the command line of incus exec and refuses as that does, not with a server.",
	})
}

func incusKind() kind.Kind { return define(func() transport.Connector { return &Incus{} }) }

// Kind is "incus".
func (Incus) Kind() string { return "incus" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Incus) Validate() []kind.Problem { return k.in().validate() }

// Start runs incus.
func (k Incus) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Incus) Sent() (transport.Connector, error) { return sent(k) }

func (k Incus) prefixed() prefixed { return k.in().prefixed() }

func (k Incus) in() instance {
	return instance{k.Common, k.Instance, k.Remote, k.Project, k.Path, "incus"}
}
