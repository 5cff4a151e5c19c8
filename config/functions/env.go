package functions

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/mitoplan/mitoplan/config/files"
)

// Env is what functions see beside their arguments: the files of the controller,
// the two times, and how templates are read. Whoever evaluates expressions makes
// one, gives Functions to the evaluator, and calls Enter before each evaluation and
// Leave after it. An Env belongs to one goroutine and ends with its owner; it holds
// nothing that must be closed.
type Env struct {
	files         *files.Reader
	templates     Templates
	planTime, now time.Time
	fresh         fresh
	context       *hcl.EvalContext
}

// Templates reads templates for templatefile() and templatestring(), and words
// what is wrong with them. Package config does both for its own files as well.
type Templates interface {
	// Parse parses the text of a template. Positions in the diagnostics are
	// positions in the text; their details are sentences.
	Parse(text []byte, name string) (hclsyntax.Expression, hcl.Diagnostics)
	// Explain rewords what the evaluator said of a template, without secrets.
	Explain(template hcl.Expression, ctx *hcl.EvalContext, diags hcl.Diagnostics) hcl.Diagnostics
}

// NewEnv makes the environment of one configuration. All times are unknown until
// SetTimes is called.
func NewEnv(r *files.Reader, t Templates) *Env {
	e := &Env{files: r, templates: t}
	e.context = &hcl.EvalContext{Functions: e.make()}
	return e
}

// Context is an evaluator's context that has all functions and no variables.
func (e *Env) Context() *hcl.EvalContext { return e.context }
