// Command mitoplan plans and applies the desired state of machines.
//
// This package is the command line: flags, prompts, signals, exit statuses. What
// is shown is made in the package view; what is done, in executor. It decides
// nothing about hosts. Start reading at app.run, then plan.go and apply.go. In
// this order:
//
//	main.go app.go cli.go flags.go suggest.go
//	plan.go apply.go apply_file.go drift.go validate.go show.go output.go version.go
//	operation.go outputs.go constraint.go ui.go prompt.go hide_input.go
//	hide_input_linux.go hide_input_bsd.go terminal.go
//	signal.go signal_unix.go signal_other.go delivery.go logging.go logmask.go
//	crash.go
package main

import (
	"os"

	"github.com/mitoplan/mitoplan/internal/agent"
	"github.com/mitoplan/mitoplan/internal/process"
)

func main() {
	if isAgent(os.Args) {
		os.Exit(agent.Main())
	}
	environ := takeEnvironment()
	// If the kernel refuses, memory is only as protected as that of any program.
	_ = process.HideMemory()
	_ = process.KeepDescriptors()
	os.Exit(newApp(environ).run(os.Args))
}

// isAgent reports whether this process was started as the agent of a context. The
// program serves as an agent on its own platform.
func isAgent(args []string) bool { return len(args) > 1 && args[1] == "mitoplan-agent" }
