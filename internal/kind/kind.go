// Package kind holds the one definition of everything that can be named in a
// configuration: context kinds, resource kinds and functions. A definition is
// read from a Go struct and its tags; validation, the manual, planning and the
// agent all read the same one.
//
// The package does no I/O and knows neither HCL nor cty, so that the agent can
// import it. Read the files in this order:
//
//	kind.go schema.go manual.go
//	                  a definition, its arguments, and what people are told of them
//	arguments.go decode.go
//	                  what is asked of a definition about the arguments of a block
//	thing.go          what blocks are about on a machine
//	problem.go code.go
//	                  what can be wrong, and the list of all codes
package kind

import "slices"

// Role says what a Kind is named by in a configuration.
type Role string

// The three roles: the block types context, resource and call.
const (
	RoleContext  Role = "context"
	RoleResource Role = "resource"
	RoleFunction Role = "function"
)

// Kind is the one definition of something that can be named in a
// configuration. Whatever differs between kinds is a field here, an option in
// the tag of an argument (see Attr), or a text of its Manual: no other code
// compares the name of a kind or of an argument.
//
// The file of a kind makes its definition with Of, once in a process, and the list
// of its package names it. It never changes after that. WithManual makes a copy that
// has the texts of the manual, too, for the controller.
type Kind struct {
	Role Role
	Name string
	// New returns a pointer to an empty value of the struct that arguments are
	// decoded into, and that does the work: a resource.Resource, a
	// function.Function or a transport.Connector.
	New func() any
	// Args are what a block may set; Results are what it exposes beyond them.
	Args    Schema
	Results Schema

	// Opaque is true where applying it may touch anything on its machine, so
	// that whatever comes after it in the same plan has an unknown "before".
	Opaque bool
	// ReadOnly is true for a function that never changes anything, whatever its
	// arguments, so that it runs while planning.
	ReadOnly bool
	// SameMachine is true for a context on the machine of what it is reached
	// through. Any other context begins a machine.
	SameMachine bool
	// Unmoved are the attributes of an account that have no say in whether a
	// context of the account starts, nor in its numbers, groups and home. A
	// context is the same before and after they change.
	Unmoved []string

	// Doc, Words and Hints are those of the Manual. They are empty in an agent.
	Doc   string
	Words []string
	Hints map[string]string

	results any
}

// Of makes the definition of a kind: create is New, and results is a struct of
// what it exposes beyond its arguments.
func Of(role Role, name string, create func() any, results any) Kind {
	return Kind{Role: role, Name: name, New: create, Args: SchemaOf(create()), Results: SchemaOf(results), results: results}
}

// Text is a string that need not be UTF-8: paths, argv, output. It travels as
// a CBOR byte string.
type Text = byteString

// Attr returns the argument or result of that name.
func (k *Kind) Attr(name string) (Attr, bool) {
	if a, ok := k.Args.Attr(name); ok {
		return a, true
	}
	return k.Results.Attr(name)
}

// Find returns the kind of that name in a list of kinds.
func Find(kinds []Kind, name string) (Kind, bool) {
	k := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if k < 0 {
		return Kind{}, false
	}
	return kinds[k], true
}
