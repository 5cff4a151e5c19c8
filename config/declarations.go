package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// Settings are those of the mitoplan block.
type Settings struct {
	// RequiredVersion is a constraint such as ">= 0.1", "" if there is none.
	RequiredVersion      string
	RequiredVersionRange hcl.Range
	// StatePath is where the record is kept.
	StatePath string
	// Parallelism is 0, and ConnectTimeout is 0, if not set.
	Parallelism    int
	ConnectTimeout time.Duration
	// The bounds of waiting for a host; 0 if not set.
	ProgressTimeout, CheckTimeout, CallTimeout, ApplyTimeout time.Duration
}

// Variable is an input of the configuration.
type Variable struct {
	Name, Description              string
	Type                           cty.Type
	Default                        cty.Value // cty.NilVal if it must be given
	Sensitive, Ephemeral, Nullable bool
	Validations                    []Condition
	Range                          hcl.Range

	// defaults are those of optional() attributes; typed is false if no
	// type is given.
	defaults *typeexpr.Defaults
	typed    bool
}

// Local is one named expression.
type Local struct {
	Name  string
	Expr  hcl.Expression
	Range hcl.Range

	refs []Reference
}

// References are those of its expression.
func (l *Local) References() []Reference { return l.refs }

// Output is a result of the configuration.
type Output struct {
	Name                 string
	Value                hcl.Expression
	Sensitive, Ephemeral bool
	DependsOn            []Reference
	Preconditions        []Condition
	Range                hcl.Range

	refs []Reference
}

// References are those of its value, its conditions and depends_on.
func (o *Output) References() []Reference { return o.refs }
