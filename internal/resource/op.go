package resource

// Op is the operation of a Change: what it does to its thing. planner.Op has the
// same words, and more for calls.
type Op string

// The operations of a Change. Replace is a delete and a create in one step, where
// the thing that is in the way is of another type.
const (
	NoOp    Op = "no-op"
	Create  Op = "create"
	Update  Op = "update"
	Replace Op = "replace"
	Delete  Op = "delete"
)
