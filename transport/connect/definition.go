package connect

import "github.com/mitoplan/mitoplan/internal/kind"

// What the definition of a kind of context consists of. Kinds and Define make it, and
// Types needs it; a Manual is what a Connector may say of its arguments. A program that
// only starts contexts needs none of these.
type (
	// Kind is the definition of one kind of context.
	Kind = kind.Kind
	// Role says where a Kind is used: those of this package are contexts.
	Role = kind.Role
	// Schema lists the arguments or the results of a Kind.
	Schema = kind.Schema
	// Attr is one of them.
	Attr = kind.Attr
	// Type is the type of the value of an Attr.
	Type = kind.Type
	// Base is the type of a value that is no list and no map.
	Base = kind.Base
	// Manual has the texts of a Kind and of its arguments.
	Manual = kind.Manual
	// Entry has the texts of one argument.
	Entry = kind.Entry
	// Page has those of its page in the manual.
	Page = kind.Page
)
