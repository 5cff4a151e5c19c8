package config

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
)

// Arguments are the arguments of a block for one of its instances. Block.Eval makes
// them, and they are never changed after that. A plan keeps them for every instance, so
// they hold only the values in which instances may differ: those that are constant
// stay with the block. The zero value is that of an instance which was not evaluated.
type Arguments struct {
	block *Block
	// values are those of the block's arguments that are not constant, in their order.
	values []cty.Value
	// marked is true if a part of any argument has a mark.
	marked bool
}

// Get returns the value of an argument, with its marks. It is null for an argument that
// is not set, and cty.NilVal if the kind has no such argument or nothing was evaluated.
func (as Arguments) Get(name string) cty.Value {
	if as.block == nil {
		return cty.NilVal
	}
	for k := range as.block.args {
		if a := &as.block.args[k]; a.schema.Name == name {
			return as.of(a)
		}
	}
	return cty.NilVal
}

// of is the value of one of the block's arguments.
func (as Arguments) of(a *argument) cty.Value {
	if a.constant != cty.NilVal {
		return a.constant
	}
	return as.values[a.at]
}

// all are the block's arguments.
func (as Arguments) all() []argument {
	if as.block == nil {
		return nil
	}
	return as.block.args
}

// countSet is how many arguments are known and not null.
func (as Arguments) countSet() (n int) {
	all := as.all()
	for k := range all {
		if isSet(as.of(&all[k])) {
			n++
		}
	}
	return n
}

// isSet reports whether a value is known and not null.
func isSet(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull()
}

// Volatile names the arguments that are new at every apply, in the schema's order.
func (as Arguments) Volatile() []string { return as.named(IsVolatile) }

// Passing names the arguments that are others in every run, in the schema's order.
func (as Arguments) Passing() []string { return as.named(marks.IsPassing) }

// named are the names of the arguments whose values have a mark.
func (as Arguments) named(is func(cty.Value) bool) (names []string) {
	if !as.marked {
		return nil
	}
	all := as.all()
	for k := range all {
		if is(as.of(&all[k])) {
			names = append(names, all[k].schema.Name)
		}
	}
	return names
}

// SecretTexts are the strings and numbers that are marked as secret, one by one, as
// the function SecretTexts gives them.
func (as Arguments) SecretTexts() (texts []string) {
	if !as.marked {
		return nil
	}
	all := as.all()
	for k := range all {
		texts = append(texts, marks.SecretTexts(as.of(&all[k]))...)
	}
	return texts
}
