package connect

import (
	"cmp"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Machinectl starts an agent in a machine that the systemd-machined of the parent's machine
// knows, with systemd-run. It counts as another machine.
type Machinectl struct {
	Common
	// Machine: Name of the machine, as machinectl list has it. Required.
	Machine string `cbor:"machine" mito:"required,public,describes=machine"`
	// User: User in the machine, as name or number. Default root.
	User string `cbor:"user,omitempty" mito:"public,default=root"`
	// Path: The systemd-run program. Default systemd-run.
	Path string `cbor:"path,omitempty" mito:"public,default=systemd-run"`
}

// Manual has the texts of these arguments.
func (Machinectl) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in a machine of systemd, such as a container of systemd-nspawn, started with systemd-run on the machine of its via context, as root. systemd runs in it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "machinectl" "app" {
  via     = context.local.here
  machine = "web"
}
call "hostname" "it" {
  on = context.machinectl.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "no connection leads into a machine of systemd. The become plugin community.general.machinectl becomes another user of the host itself, which is a context sudo here.",
			Pyinfra: "nothing is like this.",
			Limits:  "Only root may enter a machine, and systemd has to run in it: otherwise use nsenter with the pid of its leader. It is tried with a program that takes the command line of systemd-run and refuses as that does, not with a machine.",
		},
		Attrs: map[string]kind.Entry{
			"machine": {Doc: "Name of the machine, as machinectl list has it."},
			"user":    {Doc: "User in the machine, as name or number."},
			"path":    {Doc: "The systemd-run program."},
		},
	}
}

func machinectlKind() kind.Kind { return define(func() transport.Connector { return &Machinectl{} }) }

// Kind is "machinectl".
func (Machinectl) Kind() string { return "machinectl" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Machinectl) Validate() []kind.Problem {
	p, bad := k.Common.Validate(), badName(k.Machine, notInHost+":")
	if k.Machine == ".host" {
		bad = "it means the machine of the via context itself"
	}
	if bad != "" {
		p = append(p, *blame("machine", kind.CodeMachineName, "Invalid machine", "%q is no name of a machine: %s.", k.Machine, kind.Rule(bad)))
	}
	if k.User != "" {
		p = append(p, CheckUser(kind.CodeMachineUser, k.User)...)
	}
	return append(p, checkProgram("path", kind.CodeContextProgram, k.Path)...)
}

// Start runs systemd-run.
func (k Machinectl) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Machinectl) Sent() (transport.Connector, error) { return sent(k) }

// prefixed makes no terminal, as machinectl shell would. --uid also makes systemd set HOME.
// Without --quiet the program says with which status sh could not be executed, and without
// --collect the machine would keep a failed unit.
func (k Machinectl) prefixed() prefixed {
	return prefixed{
		Common: k.Common, ProgramFrom: "path", Client: true,
		Argv:  []string{cmp.Or(k.Path, "systemd-run"), "-M", k.Machine, "--pipe", "--wait", "--collect", "--uid=" + cmp.Or(k.User, "root"), "--"},
		Doing: "Starting an agent in the machine " + k.Machine + ": ", Refusals: machineRefusals,
	}
}

// machineRefusals are what systemd-run says when it refuses. The numbers are those of
// systemd.exec(5) for what it could not do before it executed a program.
var machineRefusals = refusals{
	{[]string{
		toBus + "Host is down", toNewBus + "Host is down", toScope + "Host is down", toStart + "Host is down",
	},
		"machine", kind.CodeMachineMissing, "No such machine",
		"No machine of that name runs there, as machinectl list shows, or there is no systemd-machined. Start it before this context is used, or correct machine."},
	{[]string{
		toBus + "Permission denied", toNewBus + "Permission denied", toScope + "Permission denied", toStart + "Permission denied",
		toBus + "Operation not permitted", toNewBus + "Operation not permitted", toScope + "Operation not permitted", toStart + "Operation not permitted",
		toBus + "Access denied", toNewBus + "Access denied", toScope + "Access denied", toStart + "Access denied",
		toBus + "Interactive authentication required", toNewBus + "Interactive authentication required", toScope + "Interactive authentication required", toStart + "Interactive authentication required",
	},
		"", kind.CodeMachineNotAllowed, "Not allowed to enter the machine",
		"Only root may do that, outside of a container that takes the right away. Reach the context through one of root, such as sudo."},
	{[]string{"status=203"},
		"machine", kind.CodeMachineNoShell, "No shell in the machine",
		"sh cannot be executed there: it, or a library that it needs, is missing. Install a shell in the machine."},
	{[]string{"status=217", "status=216"},
		"user", kind.CodeMachineUser, "No such user in the machine",
		"The machine knows none of that name. Correct user, or create it in there first."},
	{[]string{toBus, toNewBus, toScope},
		"machine", kind.CodeMachineNoSystemd, "The systemd of the machine does not answer",
		"The machine still boots, or runs something else than systemd, in which systemd-run can start nothing. Wait for it, or use nsenter with the pid of its leader, which machinectl status shows."},
}

// How systemd-run begins to say that it does not reach the systemd of the machine, or may
// not start anything there. The third is that of systemd 255 and later. Reasons count only
// behind these: what runs in the machine may print them, too.
const (
	toBus    = "Failed to connect to bus: "
	toNewBus = "Failed to create bus connection: "
	toScope  = "Failed to connect to system scope bus via machine transport: "
	toStart  = "Failed to start transient service unit: "
)
