package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Settings are those of the mitoplan block.
type Settings struct {
	RequiredVersion string
	// RequiredVersionRange is where it stands.
	RequiredVersionRange hcl.Range
	// StateKind and StatePath say where the record is kept.
	StateKind, StatePath string
	// Parallelism is 0, and ConnectTimeout is 0, where not set.
	Parallelism    int
	ConnectTimeout time.Duration
}

// Variable is an input of the configuration.
type Variable struct {
	Name, Description              string
	Type                           cty.Type
	Default                        cty.Value // cty.NilVal where it must be given
	Sensitive, Ephemeral, Nullable bool
	Validations                    []Condition
	Range                          hcl.Range
}

// Local is one named expression.
type Local struct {
	Name  string
	Expr  hcl.Expression
	Range hcl.Range

	refs []Reference
}

// Address is "local.NAME".
func (l *Local) Address() string { return "local." + l.Name }

// References are those of its expression.
func (l *Local) References() []Reference { return l.refs }

// Output is a result of the configuration.
type Output struct {
	Name, Description    string
	Value                hcl.Expression
	Sensitive, Ephemeral bool
	DependsOn            []Reference
	Preconditions        []Condition
	Range                hcl.Range

	refs []Reference
}

// References are those of its value, its conditions and depends_on.
func (o *Output) References() []Reference { return o.refs }

// Eval evaluates the output's value, after its preconditions, and refuses
// sensitive and ephemeral values that it does not announce.
func (o *Output) Eval(s *Scope) (cty.Value, hcl.Diagnostics) {
	return EvalExpr(o.Value, s, cty.DynamicPseudoType)
}

// Condition is one precondition, postcondition or validation.
type Condition struct {
	Condition, ErrorMessage hcl.Expression
	Range                   hcl.Range
}

// Check evaluates the condition. The summary names what it was, e.g.
// "Precondition failed". A condition that is not known yet passes with
// known false.
func (c Condition) Check(s *Scope, summary string) (known bool, diags hcl.Diagnostics) {
	return false, nil
}
