package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// RefKind is what a Reference points at.
type RefKind string

// The words that a reference can begin with; a resource's begins with its kind.
const (
	RefVar      RefKind = "var"
	RefLocal    RefKind = "local"
	RefContext  RefKind = "context"
	RefResource RefKind = "resource"
	RefCall     RefKind = "call"
	RefOn       RefKind = "on"
	RefEach     RefKind = "each"
	RefCount    RefKind = "count"
	RefPath     RefKind = "path"
	RefSelf     RefKind = "self"
)

// Reference is one mention of a named thing.
type Reference struct {
	Kind RefKind
	// Address is what Scope.Set and Block.Address call the thing: "var.x",
	// "local.x", "context.ssh.web", "file.motd", "call.command.kernel", "on".
	Address string
	// Key is a literal instance key, a string or a number; cty.NilVal where
	// there is none.
	Key cty.Value
	// All is true for all(file.conf) in depends_on and the like.
	All bool
	// Attr is the attribute that follows, "" where none does.
	Attr  string
	Range hcl.Range
	// AttrRange is where Attr stands.
	AttrRange hcl.Range
	Traversal hcl.Traversal
}
