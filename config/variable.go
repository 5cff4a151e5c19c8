package config

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
)

// convert fits a value to the variable's type: optional attributes get their
// defaults first. What is given has no sets yet, so that its numbers are looked at
// without sorting, which is what looking at the elements of a set takes.
func (v *Variable) convert(val cty.Value) (cty.Value, error) {
	if v.defaults != nil && !val.IsNull() {
		val = v.defaults.Apply(val)
	}
	if err := functions.BoundNumbers(val); err != nil {
		return cty.DynamicVal, err
	}
	return fit(val, v.Type)
}

// mark gives a value the marks that the variable's declaration asks for.
func (v *Variable) mark(val cty.Value) cty.Value {
	if v.Sensitive {
		val = val.Mark(Sensitive)
	}
	if v.Ephemeral {
		val = val.Mark(Ephemeral)
	}
	return val
}

// Secret reports a variable whose value may not be shown.
func (v *Variable) Secret() bool { return v.Sensitive || v.Ephemeral }

func (c *Config) hasSecrets() bool {
	for _, v := range c.Variables {
		if v.Secret() {
			return true
		}
	}
	return false
}

// Unquoted reports whether a file of values was read of which no line is quoted, since a
// variable is a secret and its value may be there.
func (c *Config) Unquoted(name string) bool { return slices.Contains(c.unquoted, name) }
