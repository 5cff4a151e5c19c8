// Package kind holds the one definition of everything that can be named in a
// configuration: context kinds, resource kinds and functions. A definition is
// read from a Go struct and its tags; validation, the manual, planning and the
// agent all read the same one.
//
// The package does no I/O and knows neither HCL nor cty, so that the agent can
// import it. Start reading at Kind and SchemaOf.
package kind

// Role says what a Kind is named by in a configuration.
type Role string

// The three roles: the block types context, resource and call.
const (
	RoleContext  Role = "context"
	RoleResource Role = "resource"
	RoleFunction Role = "function"
)

// Kind is the one definition of something that can be named in a
// configuration: its name, doc line, arguments and results, read from struct
// tags.
type Kind struct {
	Role Role
	Name string
	// Doc is one or two sentences for the manual.
	Doc string
	// Opaque is true where applying it may touch anything on its machine, so
	// that whatever comes after it in the same plan has an unknown "before".
	Opaque bool
	// Args are what a block may set; Results are what it exposes beyond them.
	Args    Schema
	Results Schema
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
