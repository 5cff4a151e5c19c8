package connect

import (
	"strconv"

	"github.com/mitoplan/mitoplan/transport"
)

// logScript logs what is run on the host, and what is looked for there.
func (b *Bootstrap) logScript() {
	if !b.log.IsDebug() {
		return
	}
	look := "an agent of this build"
	switch {
	case b.agentPath != "":
		look = "the agent at " + b.agentPath
	case b.fresh:
		look = "a place for a new agent"
	case len(b.known) == 0:
		look = "a place for an agent"
	}
	b.log.Debug("shell looks for an agent", "for", look, "variables", strconv.Itoa(len(b.env)))
}

// logRun logs that an agent is being executed.
func (b *Bootstrap) logRun(pid string, pushed bool) {
	which := "the cached one"
	switch {
	case pushed:
		which = "the one that was sent"
	case b.agentPath != "":
		which = "the one at agent_path"
	}
	b.log.Debug("agent is executed", "which", which, "pid", pid)
}

// logEnd logs how a program ended that came to no agent: by itself, if how is not nil.
func (b *Bootstrap) logEnd(how *transport.Exit) {
	switch {
	case !b.log.IsDebug():
	case how == nil:
		b.log.Debug("program came to no agent, and was ended")
	default:
		b.log.Debug("program came to no agent, and has ended", "how", how.String())
	}
}
