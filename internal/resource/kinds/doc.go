// Package kinds lists all resource kinds, and has the functions by which agents answer for
// them. It is where the families of kinds and what they stand on come together, so only who
// needs every kind imports it: the catalogue, the agent, and the controller that calls one.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	funcs.go kinds.go rare.go rare_usual.go
package kinds
