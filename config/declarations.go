package config

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Settings are those of the mitoplan block.
type Settings struct {
	// RequiredVersion is a constraint such as ">= 0.1", "" where there is none.
	RequiredVersion      string
	RequiredVersionRange hcl.Range
	// StatePath is where the record is kept.
	StatePath string
	// Parallelism is 0, and ConnectTimeout is 0, where not set.
	Parallelism    int
	ConnectTimeout time.Duration
	// The bounds of waiting for a host; 0 where not set.
	ProgressTimeout, CheckTimeout, CallTimeout, ApplyTimeout time.Duration
}

// Variable is an input of the configuration.
type Variable struct {
	Name, Description              string
	Type                           cty.Type
	Default                        cty.Value // cty.NilVal where it must be given
	Sensitive, Ephemeral, Nullable bool
	Validations                    []Condition
	Range                          hcl.Range

	// defaults are those of optional() attributes; typed is false where no
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

var conditionBlock = []string{"condition", "error_message"}

func (l *loader) locals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for _, a := range attrs {
		if !hclsyntax.ValidIdentifier(a.Name) {
			l.report(problem("Invalid name", fmt.Sprintf("%q cannot be a name.", a.Name), a.NameRange))
			continue
		}
		if !l.declare(localAddress(a.Name), a.NameRange) {
			continue
		}
		local := &Local{Name: a.Name, Expr: a.Expr, Range: a.NameRange}
		l.cfg.Locals[a.Name] = local
		l.expr(a.Expr, words{}, &local.refs)
	}
}

func (l *loader) output(b *hcl.Block) {
	o := &Output{Name: b.Labels[0], Range: b.DefRange}
	if !l.declare("output."+o.Name, b.DefRange) {
		return
	}
	where := fmt.Sprintf("the output %q", o.Name)
	c := l.fixed(b.Body, where, []string{"value", "description", "sensitive", "ephemeral", "depends_on"}, hcl.BlockHeaderSchema{Type: "precondition"})
	if a, ok := c.attrs["description"]; ok {
		_, _ = constant[string](l, a, cty.String) // for whoever reads the configuration
	}
	if a, ok := c.attrs["sensitive"]; ok {
		o.Sensitive, _ = constant[bool](l, a, cty.Bool)
	}
	if a, ok := c.attrs["ephemeral"]; ok {
		o.Ephemeral, _ = constant[bool](l, a, cty.Bool)
	}
	if a, ok := c.attrs["depends_on"]; ok {
		l.refList(a, &o.DependsOn, &o.refs)
	}
	for _, pre := range c.blocks {
		if cond, ok := l.condition(pre, words{}, &o.refs); ok {
			o.Preconditions = append(o.Preconditions, cond)
		}
	}
	if a, ok := l.required(c, where, "value", b.DefRange); ok {
		o.Value = a.Expr
		l.expr(a.Expr, words{}, &o.refs)
		l.cfg.Outputs[o.Name] = o
	}
}

// condition decodes a precondition, postcondition or validation block.
func (l *loader) condition(b *hcl.Block, w words, refs *[]Reference) (Condition, bool) {
	where := fmt.Sprintf("a %s block", b.Type)
	c := l.fixed(b.Body, where, conditionBlock)
	cond, ok1 := l.required(c, where, "condition", b.DefRange)
	message, ok2 := l.required(c, where, "error_message", b.DefRange)
	if !ok1 || !ok2 {
		return Condition{}, false
	}
	l.expr(cond.Expr, w, refs)
	l.expr(message.Expr, w, refs)
	return Condition{Condition: cond.Expr, ErrorMessage: message.Expr}, true
}
