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

// watchWord is argv[2] of a process that is the watcher of an agent: see package process.
// It is no token.
const watchWord = "watch"

// Watches reports whether this process was started as the watcher of an agent, which Serve
// and Main then make it: a program that does something before it calls them need not do
// so.
func Watches() bool {
	return len(os.Args) > 3 && os.Args[1] == ChildArg && os.Args[2] == watchWord
}

// serves is whether this process was started as an agent and is one.
var serves atomic.Bool

// mainFirst is what a parent knows such a process by: package connect looks for it in what
// was printed.
const mainFirst = "Main of package connect, or of transport, must be the first line of main"

var errNoMain = errors.New("this process was started as an agent and does not serve: " + mainFirst)

// mayStart returns an error if this process was started as an agent and did not call Main.
func mayStart() error {
	if len(os.Args) > 1 && os.Args[1] == ChildArg && !serves.Load() {
		return errNoMain
	}
	return nil
}
