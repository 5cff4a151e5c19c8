package planner

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// all are the instances in conflict, as the subject of a sentence.
func (f *conflict) all() string {
	if len(f.as)+len(f.bs) == 2 {
		return f.sides() + " both"
	}
	return f.sides() + " all"
}

// sides are the instances in conflict.
func (f *conflict) sides() string {
	if f.a == f.b && len(f.as)+len(f.bs) > 2 {
		return f.side(append(slices.Clone(f.as), f.bs...))
	}
	return f.side(f.as) + " and " + f.side(f.bs)
}

// side is some instances of one block: the only one, or how many there are.
func (f *conflict) side(insts []*instance) string {
	if len(insts) == 1 {
		return withPlace(insts[0])
	}
	b := insts[0].block()
	return fmt.Sprintf("%d instances of %s (%s:%d)", len(insts), b.Address(), b.Range.Filename, b.Range.Start.Line)
}

// where is the machine of the conflict, or how many there are.
func (f *conflict) where() string {
	name := f.as[0].machine.name
	if len(f.machines) > 1 {
		return fmt.Sprintf("%d machines, such as %s", len(f.machines), name)
	}
	return name
}

// sameValue says why an argument is the same for instances of one block, and what to do.
func (f *conflict) sameValue(arg string) string {
	key, from := whatDiffers(f.as[0], f.bs[0])
	if key == "" || arg == "" || f.host != nil {
		return "Give each instance its own."
	}
	if uses(f.b.block.Attrs[arg], key) {
		return fmt.Sprintf("The value of %s is the same for all of them, although it uses %s. Give each instance one of its own.", arg, key)
	}
	return fmt.Sprintf("The value of %s does not use %s, so that it is the same for all of them. Put %s into it, or %s.", arg, key, key, from)
}

// whatDiffers is the key in which two instances of one block differ, and how there would
// be one instance instead. It is "" if they are of two blocks.
func whatDiffers(a, b *instance) (key, one string) {
	switch {
	case a.node != b.node:
		return "", ""
	case a.node.perEach && a.node.counted && a.onKey == b.onKey:
		return "count.index", "leave count out"
	case a.node.perEach && a.onKey == b.onKey:
		return "each.key", "leave for_each out"
	}
	return "on.key", "leave all but one out of on"
}

// uses reports whether the value of an argument is made of the key, or of what has it.
func uses(arg *hcl.Attribute, key string) bool {
	return arg != nil && slices.ContainsFunc(arg.Expr.Variables(), func(t hcl.Traversal) bool {
		return len(t.RootName()) < len(key) && key[:len(t.RootName())+1] == t.RootName()+"."
	})
}

// keyHint is for two instances of one block, which differ in their keys alone.
func keyHint(a, b *instance) string {
	if key, _ := whatDiffers(a, b); key != "" {
		return ", such as with " + key + " in it"
	}
	return ""
}

// withPlace is an instance with the file and line of its block.
func withPlace(i *instance) string {
	r := i.block().Range
	return fmt.Sprintf("%s (%s:%d)", i.addr, r.Filename, r.Start.Line)
}
