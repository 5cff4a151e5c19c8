// Package process is what a process of mitoplan does to itself before it does anything
// else, so that the programs that it starts find what the account gives them, and nothing
// of how mitoplan came there. Programs are started by transport/process.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	environ.go environ_linux.go environ_other.go
//	                  what is taken out of its environment
//	inherit.go inherit_linux.go inherit_other.go
//	                  what it was given and does not pass on
//	memory_linux.go memory_other.go
//	                  what it holds in memory
package process
