// Package process runs programs of the machine so that none is left behind:
// each in its own process group, ended within a bound when its context ends,
// together with whatever it started, also what has left the group.
//
// A program that ends by itself may leave others in the background: a daemon
// it was to start. Those are let live.
//
// Start reading at Run.
package process
