// Package kind holds the one definition of everything that can be named in a
// configuration: context kinds, resource kinds and functions. A definition is
// read from a Go struct and its tags. Validation, the manual, planning and the
// agent all use the same one.
//
// The package does no I/O and knows neither HCL nor cty, so that the agent can
// import it. Read the files in this order:
//
//	kind.go schema.go manual.go
//	                  a definition, its arguments, and the texts of its manual
//	arguments.go content.go decode.go
//	                  questions about the arguments of one block, long ones among them
//	thing.go          the things on a machine that blocks describe
//	problem.go wording.go expression.go code.go away.go
//	                  a problem that people are shown, and the list of all codes
package kind

import "slices"

// Role is the sort of block that names a Kind in a configuration.
type Role string

// The three roles: the block types context, resource and call.
const (
	RoleContext  Role = "context"
	RoleResource Role = "resource"
	RoleFunction Role = "function"
)

// Kind is the one definition of something that can be named in a configuration.
// Everything in which kinds differ is a field here, an option in the tag of an argument
// (see Attr), or a text of the Manual: no other code compares the name of a kind or of an
// argument. Each kind has a file of its own, which makes the definition with Of, and an
// entry in the list of its package. The definition is made once in a process and never
// changes. The controller adds the texts of the manual with WithManual, which makes a copy.
type Kind struct {
	Role Role
	Name string
	// New returns a pointer to an empty struct. The arguments are decoded into it, and
	// its methods do the work. It is a resource.Resource, a function.Function or a
	// transport.Connector.
	New func() any
	// Args are what a block may set. Results are what it exposes besides its arguments.
	Args    Schema
	Results Schema

	// Opaque is true if applying it may change anything on its machine. What comes
	// after it in the same plan then has an unknown "before".
	Opaque bool
	// ReadOnly is true for a function that never changes anything, whatever its
	// arguments. It is therefore run while planning.
	ReadOnly bool
	// Awaits is true for a function that waits for what others bring about, with a guard
	// that a plan asks. If something changes that such a call comes after, it runs in the
	// apply, whatever its guard said of what is there now.
	Awaits bool
	// Partner is what the controller does at the other end of the pipe of a call while that
	// runs: "clock" answers with its time, and "http" asks a server over connections that the
	// function opens, and makes the results. It is empty for nothing. What it does for an apply,
	// resource.Brought says.
	Partner string
	// SameMachine is true for a context that runs on the machine of its parent, as sudo
	// does. Any other context is another machine, unless its arguments say so; see
	// Leaves.
	SameMachine bool
	// OwnAgent is true for a context whose agent the controller always sends itself, as that
	// of ssh. The agent of any other that has a via is made of the program of the agent there.
	OwnAgent bool
	// Rare is true for a kind that only the full edition of the agent has. The list
	// kinds.Kinds sets it.
	Rare bool
	// Unmoved are the attributes of an account that make no difference to a context of
	// that account. They affect neither whether it starts, nor its numbers, groups and
	// home.
	Unmoved []string

	// Settings are files of a machine that decide what is made of a block of a resource kind,
	// besides its arguments, as /etc/login.defs does of an account. It comes after all blocks
	// that claim or edit one of them, unless the configuration says otherwise.
	Settings []string

	// AsksLogin is true for a resource kind that has to know how the connection to its machine
	// logged in. A step of it waits until its context is up.
	AsksLogin bool
	// AsksLoginWith is the same of steps with which that argument is sent.
	AsksLoginWith string

	// Doc, OtherNames, Hints, End and Page come from the Manual. They are empty in an agent.
	Doc        string
	OtherNames []string
	Hints      map[string]string
	End        string
	Page       Page

	results any
}

// Of makes the definition of a kind. create becomes Kind.New. results is a struct whose
// fields are what the kind exposes besides its arguments.
func Of(role Role, name string, create func() any, results any) Kind {
	return Bare(role, name, create, results).WithSchemas()
}

// Bare is Of without the schemas. It is for lists of which an agent needs only what makes
// the kind with a name: reading the tags of a whole list would be a good part of its start.
func Bare(role Role, name string, create func() any, results any) Kind {
	return Kind{Role: role, Name: name, New: create, results: results}
}

// WithSchemas returns a copy of a definition that Bare made, with Args and Results.
func (k Kind) WithSchemas() Kind {
	k.Args, k.Results = SchemaOf(k.New()), SchemaOf(k.results)
	return k
}

// WithSchemas returns copies of definitions that Bare made, with Args and Results.
func WithSchemas(bare []Kind) []Kind {
	all := make([]Kind, len(bare))
	for i, k := range bare {
		all[i] = k.WithSchemas()
	}
	return all
}

// Text is a string that need not be UTF-8: paths, argv, output. It travels as
// a CBOR byte string.
type Text = byteString

// Attr returns the argument or result with a name.
func (k *Kind) Attr(name string) (Attr, bool) {
	if a, ok := k.Args.Attr(name); ok {
		return a, true
	}
	return k.Results.Attr(name)
}

// Find returns the kind with a name from a list of kinds.
func Find(kinds []Kind, name string) (Kind, bool) {
	k := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if k < 0 {
		return Kind{}, false
	}
	return kinds[k], true
}
