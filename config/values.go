package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// VariableInputs is where values of variables come from, lowest precedence
// first: the environment, mitoplan.mitovars.hcl, mitoplan.mitovars.json,
// *.auto.mitovars.hcl and .json by name, then Args in order.
type VariableInputs struct {
	// Environ is os.Environ(); MITOPLAN_VAR_name counts.
	Environ []string
	// Args are -var and -var-file in the order given.
	Args []VariableArg
	// Ask is asked for a variable without a value; nil makes it a diagnostic.
	Ask func(*Variable) (string, error)
	// Recorded are values from a plan file. They win over all others; only
	// variables without one are looked for elsewhere.
	Recorded map[string]cty.Value
}

// VariableArg is one -var or -var-file of the command line.
type VariableArg struct {
	// Var is "name=value" of a -var; File is the path of a -var-file.
	Var, File string
}

// ResolveVariables gives every variable its value, converted to its type.
// Sensitive ones come back marked Sensitive, ephemeral ones Ephemeral. The
// validation blocks run.
func (c *Config) ResolveVariables(in VariableInputs) (map[string]cty.Value, hcl.Diagnostics) {
	return nil, nil
}
