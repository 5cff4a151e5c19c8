package planner

import "github.com/mitoplan/mitoplan/internal/resource"

// Op says what an action does when the plan is applied: what its change does to
// its thing, as resource.Op says it, or what becomes of a call.
type Op string

// The operations, each with the symbol that a plan shows it by.
const (
	NoOp    = Op(resource.NoOp)
	Create  = Op(resource.Create)  // +
	Update  = Op(resource.Update)  // ~
	Replace = Op(resource.Replace) // -/+
	Delete  = Op(resource.Delete)  // -

	Run    Op = "run"    // > a call with a reason to run
	Always Op = "always" // ! a call that runs at every apply
	Read   Op = "read"   // <= a read-only call that has to wait for the apply

	// Forget takes something out of the record, and does nothing on any host.
	Forget Op = "forget" // .

	Defer Op = "defer" // ? waits for something that only an apply can make
)

// symbols are the signs of the operations in a plan.
var symbols = map[Op]string{
	Create: "+", Update: "~", Replace: "-/+", Delete: "-",
	Run: ">", Always: "!", Read: "<=",
	Forget: ".", Defer: "?",
}

// Symbol is what a plan shows the operation by; "" for NoOp.
func (o Op) Symbol() string { return symbols[o] }
