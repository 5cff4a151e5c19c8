// Package scripts holds the kind script: a thing that no other kind knows, which programs of
// the block read, make and take away. It touches its machine through a resource.Host only. The
// package knows no other family of kinds.
//
// Three designs were looked at. The data source external of Terraform runs a program that is
// given a JSON object of texts and prints one, which is all that can be compared without
// knowing more; but it only reads. Providers for shells (create, read, update, delete) keep
// what read printed in the state and compare it with what it prints now, so they tell that
// something changed, and never what is wanted; and create and update are two programs that have
// to do the same. Here inputs are what is wanted, read prints what is, both are flat objects
// of texts, and what differs is the plan. One program, apply, makes the one of the other. After
// it read is asked again, so that an apply which did not do it is an error at once, and not a
// plan that is never empty.
//
// A program may do anything, so what comes after one in a plan is not compared with what was
// read before it. With exact the block promises that its programs touch their own thing alone,
// and is held to it as far as read tells: after the apply that has to say exactly what was
// planned.
//
// Read the files in this order; each file calls only what is in the files after it.
//
//	kinds.go
//	scriptplan.go     what changes, and how
//	script.go         the arguments
//	flat.go           what read prints
package scripts
