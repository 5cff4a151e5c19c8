// Package process runs programs of the machine so that none is left behind:
// each in its own session, ended within a bound when its context ends,
// together with whatever it started, also what has left the session.
//
// It is the one way in which programs are started on a host: commands, guards,
// validations, and the system's own tools. What such a program finds around it
// is what the account gives, and nothing of how mitoplan came there; see Spec,
// and KeepDescriptors, DefaultSignals and LeaveTerminal, which an agent calls
// first.
//
// A program that ends by itself may leave others in the background: a daemon
// it was to start. Those are let live.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	run.go pipes.go capture.go environ.go environ_linux.go environ_other.go
//	                  a program from its start to its end, and what it finds
//	end.go hunt.go family_linux.go family_other.go proc_linux.go
//	                  how it is ended, with everything that it started
//	inherit.go inherit_linux.go inherit_other.go memory_linux.go memory_other.go
//	                  what an agent does to itself before it starts any
package process
