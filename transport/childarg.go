package transport

import (
	"errors"
	"os"
	"sync/atomic"
)

// ChildArg is argv[1] of a process that is an agent. argv[2] is the token that
// it prints on a line of its own right before its first frame; argv[3] is the
// name that it shows in the process list.
const ChildArg = "mitoplan-agent"

// serves is whether this process was started as an agent and is one.
var serves atomic.Bool

var errNoMain = errors.New("this process was started as an agent and does not serve: Main of package connect, or of transport, must be the first line of main")

// mayStart returns an error if this process was started as an agent and did not call Main.
func mayStart() error {
	if len(os.Args) > 1 && os.Args[1] == ChildArg && !serves.Load() {
		return errNoMain
	}
	return nil
}
