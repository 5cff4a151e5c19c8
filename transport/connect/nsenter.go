package connect

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Nsenter starts an agent in namespaces of a process of the parent's machine. With the
// mount namespace among them it sees other files, and counts as another machine: it has
// files, accounts and a lock of its own.
type Nsenter struct {
	Common
	// PID: Process id, as the via context sees it. Required.
	PID int64 `cbor:"pid" mito:"required,public,describes=pid"`
	// Namespaces: Which of its namespaces: mount, uts, ipc, net, pid, user, cgroup, time.
	// Without it, all. If mount is not among them, the context is on the machine of its via
	// context.
	Namespaces []string `cbor:"namespaces,omitempty" mito:"public,leaves=mount"`
	// Path: The nsenter program. Default nsenter.
	Path string `cbor:"path,omitempty" mito:"public,default=nsenter"`
}

// Manual has the texts of these arguments.
func (Nsenter) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in the namespaces of a process on the machine of its via context, started with nsenter, as root.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "nsenter" "web" {
  via        = context.local.here
  pid        = 1
  namespaces = ["net"]
}
call "hostname" "it" {
  on = context.nsenter.web
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin community.docker.nsenter, which enters the namespaces of process 1 of a host from a container on it. Here it is those of any process.",
			Pyinfra: "nothing is like this.",
			Limits:  "A process id is good only while its process runs: take it from a call, so that each plan looks it up anew. Only root may enter namespaces. nsenter of busybox cannot enter all at once.",
		},
		Attrs: map[string]kind.Entry{
			"pid":        {Doc: "Process id, as the via context sees it.", OtherNames: "target"},
			"namespaces": {Doc: "Which of its namespaces: mount, uts, ipc, net, pid, user, cgroup, time. Without it, all. If mount is not among them, the context is on the machine of its via context.", List: `namespaces = ["net"]`},
			"path":       {Doc: "The nsenter program."},
		},
	}
}

func nsenterKind() kind.Kind { return define(func() transport.Connector { return &Nsenter{} }) }

// Kind is "nsenter".
func (Nsenter) Kind() string { return "nsenter" }

// namespaceOptions are the options of nsenter (of util-linux and busybox).
var namespaceOptions = map[string]string{
	"mount": "-m", "uts": "-u", "ipc": "-i", "net": "-n", "pid": "-p", "user": "-U", "cgroup": "-C", "time": "-T",
}

// greatestPID is what no process id of Linux is above: PID_MAX_LIMIT, see
// /proc/sys/kernel/pid_max in proc_sys_kernel(5). nsenter of util-linux cuts a greater number
// to 32 bits, and would enter the namespaces of another process.
const greatestPID = 4194304

// Validate says what is wrong with the arguments. It looks at no host.
func (k Nsenter) Validate() []kind.Problem {
	p := k.Common.Validate()
	if k.PID < 1 || k.PID > greatestPID {
		p = append(p, *blame("pid", kind.CodeNsenterPID, "Invalid process id",
			"%d is the id of no process. Set pid to a number from 1 to %d.", k.PID, greatestPID))
	}
	if k.Namespaces != nil && len(k.Namespaces) == 0 {
		p = append(p, *blame("namespaces", kind.CodeNsenterNamespace, "No namespace",
			"The list is empty. Name the namespaces to enter, or leave namespaces out for all."))
	}
	for i, name := range k.Namespaces {
		if namespaceOptions[name] == "" || slices.Contains(k.Namespaces[:i], name) {
			p = append(p, *blame("namespaces", kind.CodeNsenterNamespace, "Invalid namespace",
				"%q is no namespace, or is named twice. There are mount, uts, ipc, net, pid, user, cgroup and time.", name))
		}
	}
	return append(p, checkProgram("path", kind.CodeContextProgram, k.Path)...)
}

// Start runs nsenter.
func (k Nsenter) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Nsenter) Sent() (transport.Connector, error) { return sent(k) }

func (k Nsenter) prefixed() prefixed {
	pid := strconv.FormatInt(k.PID, 10)
	argv := []string{cmp.Or(k.Path, "nsenter"), "-t", pid}
	for _, name := range k.Namespaces {
		argv = append(argv, namespaceOptions[name])
	}
	which := strings.Join(k.Namespaces, ", ")
	if which == "" {
		argv, which = append(argv, "-a"), "all"
	}
	return prefixed{
		Common: k.Common, Argv: append(argv, "--"), ProgramFrom: "path", KeepsLocale: true,
		Doing: "Entering namespaces (" + which + ") of process " + pid + ": ", Refusals: nsenterRefusals,
	}
}

// nsenterRefusals are what nsenter (of util-linux and busybox) says when it refuses.
var nsenterRefusals = refusals{
	{[]string{"nsenter: failed to execute sh: Permission denied", "'t execute 'sh': Permission denied"},
		"pid", kind.CodeNsenterNoShell, "Shell may not be executed",
		"sh is there and may not be executed: its mode forbids it, or its file system is mounted noexec. Correct the mode (chmod 755), or mount it without noexec."},
	{[]string{"nsenter: failed to execute", "'t execute"},
		"pid", kind.CodeNsenterNoShell, "No shell in the namespaces",
		"sh cannot be executed there: it, or a library that it needs, is missing. Install a shell in the root of that process, or leave mount out of namespaces."},
	{[]string{"nsenter: invalid option", "nsenter: unrecognized option", "nsenter: option requires"},
		"namespaces", kind.CodeNsenterNamespace, "Unknown namespace",
		"The nsenter of the host does not know a namespace, or cannot enter all at once, as that of busybox. Name those that it knows in namespaces."},
	{[]string{"Permission denied", "Operation not permitted"},
		"", kind.CodeNsenterNotAllowed, "Not allowed to enter the namespaces",
		"Only root may do that, outside of a container that takes the right away. Reach the context through one of root, such as sudo."},
	{[]string{"No such file or directory", "No such process", "fork failed"},
		"pid", kind.CodeNsenterNoProcess, "No such process",
		"It has ended, or has no such namespace. A process id is only good while its process runs: look it up anew."},
	{[]string{"reassociate to namespace", "nsenter: setns"},
		"namespaces", kind.CodeNsenterNamespace, "Namespace is not entered",
		"The kernel refuses, for example the user namespace that the agent is in already. Leave that one out of namespaces."},
}
