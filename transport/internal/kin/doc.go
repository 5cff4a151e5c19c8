// Package kin finds the processes that belong to a program which an agent runs, and ends
// them if the agent dies.
//
// An agent can end what it runs only while it lives. The kernel ends its children with it
// (see PR_SET_PDEATHSIG in prctl(2)), and nothing that those have started. So an agent that
// runs a program has a watcher beside it: its own executable once more, which knows what
// runs, and reads a pipe that ends with the agent. Then it kills what belongs to the
// programs that were running. What a program has left in the background that ended by
// itself, it lets live.
//
// The package starts no programs (see package process), and decides nothing about when one
// is to end.
//
// Read the files in this order:
//
//	watcher.go watcher_other.go
//	                  what an agent tells its watcher
//	watch.go          the watcher itself
//	family_linux.go family_other.go proc_linux.go
//	                  what belongs to a program
package kin
