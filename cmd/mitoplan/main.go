// Command mitoplan plans and applies the desired state of machines.
//
// This package is the command line: flags, prompts, signals, exit statuses. What
// is shown is made in the package view; what is done, in executor. It decides
// nothing about hosts. Start reading at app.run, then plan.go and apply.go. Read the
// files in this order; each file calls only what is in the files after it. From the
// process to the command:
//
//	main.go app.go cli.go suggest.go
//
// The commands:
//
//	show.go validate.go apply.go apply_file.go applying.go plan.go plan_out.go drift.go
//	output.go kinds.go
//
// What commands have in common:
//
//	operation.go unreachable.go outputs.go constraint.go
//
// People, programs and signals:
//
//	ui.go prompt.go signal.go delivery.go logging.go logmask.go crash.go terminal.go
//	hide_input.go hide_input_linux.go hide_input_bsd.go signal_unix.go signal_other.go
//	version.go flags.go exit.go environment.go
package main

import (
	"os"
	"runtime/debug"

	"github.com/mitoplan/mitoplan/internal/agent"
	"github.com/mitoplan/mitoplan/internal/process"
)

func main() {
	if isAgent(os.Args) {
		os.Exit(agent.Main())
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	environ := takeEnvironment()
	// If the kernel refuses, memory is only as protected as that of any program.
	_ = process.HideMemory()
	_ = process.KeepDescriptors()
	os.Exit(newApp(environ).run(os.Args))
}

// gcPercent is how much the heap grows, in percent of what is alive, before garbage is
// collected. A run is short and keeps little alive, so most collections of the runtime's
// own 100 find nothing: they took a tenth of the processor time of a run on many hosts.
const gcPercent = 200

// isAgent reports whether this process was started as the agent of a context. The
// program serves as an agent on its own platform.
func isAgent(args []string) bool { return len(args) > 1 && args[1] == "mitoplan-agent" }
