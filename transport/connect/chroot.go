package connect

import (
	"cmp"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Chroot starts an agent in another root directory of the parent's machine. What is
// there counts as another machine: it has files, accounts and locks of its own.
type Chroot struct {
	Common
	// Root: The root directory, absolute. Required.
	Root string `cbor:"root" mito:"required,public,describes=root"`
	// Path: The chroot program. Default chroot.
	Path string `cbor:"path,omitempty" mito:"public,default=chroot"`
}

// Manual has the texts of these arguments.
func (Chroot) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in another root directory on the machine of its via context, as root. It needs sh, gzip, /dev/null and a directory for the agent in there, and /proc if further contexts are started in it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "chroot" "jail" {
  via  = context.local.here
  root = "/srv/debian"
}
call "hostname" "it" {
  on = context.chroot.jail
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin community.general.chroot.",
			Pyinfra: "the connector @chroot.",
			Limits:  "Only root may enter one. Nothing is mounted in there: what a program in it needs of /proc, /sys and /dev has to be there before.",
		},
		Attrs: map[string]kind.Entry{
			"root": {Doc: "The root directory, absolute."},
			"path": {Doc: "The chroot program."},
		},
	}
}

func chrootKind() kind.Kind { return define(func() transport.Connector { return &Chroot{} }) }

// Kind is "chroot".
func (Chroot) Kind() string { return "chroot" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Chroot) Validate() []kind.Problem {
	p := append(k.Common.Validate(), checkPath("root", k.Root)...)
	return append(p, checkProgram("path", kind.CodeContextProgram, k.Path)...)
}

// Start runs chroot.
func (k Chroot) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Chroot) Sent() (transport.Connector, error) { return sent(k) }

func (k Chroot) prefixed() prefixed {
	return prefixed{
		Common: k.Common, Argv: []string{cmp.Or(k.Path, "chroot"), k.Root}, ProgramFrom: "path",
		Doing: "Changing the root to " + k.Root + ": ", Refusals: chrootRefusals, KeepsLocale: true,
	}
}

// chrootRefusals are what chroot (of coreutils and busybox) says when it refuses.
var chrootRefusals = refusals{
	{[]string{"Operation not permitted"},
		"", kind.CodeChrootNotAllowed, "Not allowed to change the root",
		"Only root may do that. Reach the context through one of root, such as sudo."},
	{[]string{"change root directory"},
		"root", kind.CodeChrootRoot, "No such root directory",
		"It cannot be entered. Create it before this context is used, or correct the path."},
	{[]string{"failed to run command 'sh': Permission denied", "'t execute 'sh': Permission denied"},
		"root", kind.CodeChrootNoShell, "Shell may not be executed",
		"sh is in the root directory and may not be executed: its mode forbids it, or its file system is mounted noexec. Correct the mode (chmod 755), or mount it without noexec."},
	{[]string{"failed to run command", "'t execute"},
		"root", kind.CodeChrootNoShell, "No shell in the root directory",
		"sh cannot be executed there: it, or a library that it needs, is missing or may not be executed. Install a shell, for instance busybox, in the root."},
}
