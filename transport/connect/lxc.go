package connect

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// LXC starts an agent in a running instance of LXD, with lxc exec on the parent's machine.
// It counts as another machine.
type LXC struct {
	Common
	// Instance: Name of the instance. Required.
	Instance string `cbor:"instance" mito:"required,public,describes=instance"`
	// Remote: Name of the server, as lxc remote list has it; without it the default one.
	Remote string `cbor:"remote,omitempty" mito:"public,describes=remote"`
	// Project: Project of the instance; without it the current one of that server.
	Project string `cbor:"project,omitempty" mito:"public,describes=project"`
	// Path: The lxc program. Default lxc.
	Path string `cbor:"path,omitempty" mito:"public,default=lxc"`
}

// Manual has the texts of these arguments.
func (LXC) Manual() kind.Manual {
	return instanceManual("lxc", "LXD", kind.Page{
		Example: `context "local" "here" {}
context "lxc" "app" {
  via      = context.local.here
  instance = "web"
}
call "hostname" "it" {
  on = context.lxc.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
		Ansible: "the connection plugin community.general.lxd.",
		Pyinfra: "nothing is like this.",
		Limits:  "The instance has to run, and to have sh and gzip. It is tried with a program that takes the command line of lxc exec and refuses as that does, not with a server.",
	})
}

func lxcKind() kind.Kind { return define(func() transport.Connector { return &LXC{} }) }

// Kind is "lxc".
func (LXC) Kind() string { return "lxc" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k LXC) Validate() []kind.Problem { return k.in().validate() }

// Start runs lxc.
func (k LXC) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k LXC) Sent() (transport.Connector, error) { return sent(k) }

func (k LXC) prefixed() prefixed { return k.in().prefixed() }

func (k LXC) in() instance {
	return instance{k.Common, k.Instance, k.Remote, k.Project, k.Path, "lxc"}
}
