package connect

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Exec starts an agent through any program that runs what its command line ends with, and
// carries stdin and stdout as they are: no terminal, no line that it adds.
type Exec struct {
	Common
	// Command: Program and arguments on the machine of the via context; sh is put behind them.
	// Other users of that machine can see them. Required.
	Command []string `cbor:"command" mito:"required,public,describes=command"`
	// SameMachine: What the program runs is on the machine of the via context: it has the same
	// files and accounts. Otherwise it counts as another machine. Default false.
	SameMachine bool `cbor:"same_machine,omitempty" mito:"public,default=false,samemachine"`
}

// Manual has the texts of these arguments.
func (Exec) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent that any program starts which runs what its command line ends with.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "exec" "gentle" {
  via          = context.local.here
  command      = ["nice", "-n", "5"]
  same_machine = true
}
call "hostname" "it" {
  on = context.exec.gentle
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "nothing is like this: each way needs a plugin of its own.",
			Pyinfra: "nothing is like this.",
			Limits:  "The program has to pass on its standard input and output as they are. What it says when it refuses is shown as it is, since mitoplan does not know its words.",
		},
		Attrs: map[string]kind.Entry{
			"command":      {Doc: "Program and arguments on the machine of the via context; sh is put behind them. Other users of that machine can see them.", OtherNames: "argv cmd", List: `Write it as in command = ["nice", "-n", "5"].`},
			"same_machine": {Doc: "What the program runs is on the machine of the via context: it has the same files and accounts. Otherwise it counts as another machine."},
		},
	}
}

func execKind() kind.Kind { return define(func() transport.Connector { return &Exec{} }) }

// Kind is "exec".
func (Exec) Kind() string { return "exec" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Exec) Validate() []kind.Problem {
	p := k.Common.Validate()
	switch {
	case len(k.Command) == 0 || k.Command[0] == "":
		return append(p, *blame("command", kind.CodeExecCommand, "No program",
			"command names no program. Write its name and its arguments, to the last one before sh."))
	case slices.ContainsFunc(k.Command, func(arg string) bool { return strings.ContainsRune(arg, 0) }):
		return append(p, *blame("command", kind.CodeExecCommand, "Command holds a zero byte",
			"An argument holds a zero byte, and none can. Remove it."))
	}
	return append(p, checkProgram("command", kind.CodeExecCommand, k.Command[0])...)
}

// Start runs the command.
func (k Exec) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Exec) Sent() (transport.Connector, error) { return sent(k) }

func (k Exec) prefixed() prefixed {
	return prefixed{
		Common: k.Common, Argv: k.Command,
		ProgramFrom: "command", ToDo: "Install it there, or correct command.",
	}
}
