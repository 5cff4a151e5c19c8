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
// Start reading at Run.
package process
