// Package process runs programs on behalf of functions, so that none is left behind: each
// in a session of its own, ended within a bound when its ctx ends, together with whatever
// it started, also what has left the session.
//
// A function calls Run with the ctx that it was called with. What runs then ends with the
// call and with the context, however those end:
//
//   - If ctx ends, everything that belongs to the program gets TERM and, after Spec.Grace,
//     KILL. To the program belong its session, its process group, its descendants, and
//     orphans that have its mark in their environment (see proc_pid_environ(5)).
//   - If the agent of the context dies, by kill -9 or because memory ran out, the kernel
//     kills the program (see PR_SET_PDEATHSIG in prctl(2)), and a watcher kills the rest of
//     what belongs to it. The watcher is the agent's executable once more. It is started
//     with the first program and ends with the agent. Agents have one: processes that
//     transport.Main, connect.Main or transport.Serve made one.
//   - If the program ends by itself, what it has left in the background lives on: a daemon
//     that it was to start, for example. Nothing ends that later, nor what another
//     process starts at the program's request, as systemd does.
//
// What cannot be ended: processes of other users, unless the agent is root's. If the agent
// and its watcher are killed at the same moment, only the program itself ends; and if the
// program is setuid, as sudo is, not even that. A process that left the session, and has
// cleared its environment, and whose parent has ended, is not found. On other systems than
// Linux the process group is ended, and nothing else is found.
//
// This is how mitoplan starts all programs on a host: commands, guards, validations, and
// the system's own tools.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	run.go pipes.go terminal.go terminal_linux.go terminal_other.go streams.go capture.go environ.go
//	                  a program from its start to its end, and what it finds
//	end.go hunt.go session_linux.go session_other.go
//	                  how it is ended, with everything that it started
package process
