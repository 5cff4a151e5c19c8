package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// BlockType is the first word of a block that runs somewhere.
type BlockType string

// The three block types that become contexts and actions.
const (
	ContextBlock  BlockType = "context"
	ResourceBlock BlockType = "resource"
	CallBlock     BlockType = "call"
)

// Block is one context, resource or call as it was written. Load makes it and
// checks its arguments against the schema of its kind. It holds expressions, not
// values: for each instance that it expands to, the planner evaluates them in a
// Scope with Eval, EvalForEach and the like. A Block is never changed after
// loading, and belongs to its Config.
type Block struct {
	Type       BlockType
	Kind, Name string
	// Def is the definition of its kind.
	Def *kind.Kind
	// Range is the block's header; KindRange is the word of its kind.
	Range, KindRange hcl.Range
	// The meta-arguments' expressions; nil if absent.
	Via, On, ForEach, Count, Enabled, Timeout, Triggers hcl.Expression
	// DependsOn and TriggeredBy are the references in the lists of these names.
	// RefLists are those in the kind's own arguments that name blocks, by
	// argument.
	DependsOn, TriggeredBy []Reference
	RefLists               map[string][]Reference
	Lifecycle              Lifecycle
	// Attrs are the kind's own arguments, by name.
	Attrs map[string]*hcl.Attribute

	// args are prepared for Eval, in the schema's order.
	args []argument
	// varying is how many of args are not constant; marked is true if a constant
	// has a mark.
	varying int
	marked  bool
	refs    []Reference
}

// Lifecycle is a block's lifecycle block.
type Lifecycle struct {
	Preconditions, Postconditions []Condition
}

// Address is the block's address without an instance key: "context.ssh.web",
// "file.motd", "call.command.kernel".
func (b *Block) Address() string {
	if b.Type == ResourceBlock {
		return b.Kind + "." + b.Name
	}
	return string(b.Type) + "." + b.Kind + "." + b.Name
}

// References are what all expressions of the block refer to, including depends_on
// and triggered_by, in source order. Words that belong to the block itself (on,
// each, count, self, path) are left out.
func (b *Block) References() []Reference { return b.refs }

// AttrRange is where the value of an argument stands. For an argument that is not
// set it is the block's header.
func (b *Block) AttrRange(name string) hcl.Range {
	if a, ok := b.Attrs[name]; ok {
		return a.Expr.Range()
	}
	return b.Range
}

// describe names the block in sentences.
func (b *Block) describe() string { return b.Address() }

// contextNames are what every context exposes beside its kind's arguments and
// what its agent reported.
var contextNames = []string{"key", "name", "kind", "address"}

// attrNames are what may follow a reference to the block, what is asked for
// most first.
func (b *Block) attrNames() []string {
	var args, results []string
	for _, a := range b.Def.Args.Attrs {
		if b.Type != ContextBlock || !a.Secret {
			args = append(args, a.Name)
		}
	}
	for _, a := range b.Def.Results.Attrs {
		results = append(results, a.Name)
	}
	switch b.Type {
	case ContextBlock:
		return slices.Concat(contextNames, results, args)
	case CallBlock:
		return append(results, args...)
	}
	return append(args, results...)
}
