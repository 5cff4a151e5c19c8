package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/files"
)

// loader builds one Config and collects everything that is wrong.
type loader struct {
	cfg   *Config
	diags hcl.Diagnostics
	// seen is where each address was declared first.
	seen map[string]hcl.Range
	// pending are expressions whose references are resolved once every block
	// is known.
	pending []pendingExpr
	// resolved are the expressions whose references are.
	resolved []pendingExpr
	// told are mentions that were reported already. What the evaluator says
	// about them is left out.
	told []hcl.Range
}

func newLoader(reader *files.Reader, cat Catalogue) *loader {
	cfg := &Config{
		Dir: reader.Dir(), Sources: reader.Sources(), Files: map[string]*hcl.File{},
		Settings:  Settings{StatePath: ".mitoplan/state.json"},
		Variables: map[string]*Variable{}, Locals: map[string]*Local{}, Outputs: map[string]*Output{},
		catalogue: cat, byAddress: map[string]*Block{}, files: reader, compiled: map[hcl.Expression]*compiled{},
	}
	return &loader{cfg: cfg, seen: map[string]hcl.Range{}}
}

func (l *loader) report(d *hcl.Diagnostic) { l.diags = append(l.diags, d) }

// declare reports a second declaration of an address and whether this one is
// the first.
func (l *loader) declare(address string, rng hcl.Range) bool {
	first, dup := l.seen[address]
	if dup {
		l.report(problem("Duplicate declaration", fmt.Sprintf("%s was already declared at %s. Give this one another name, or remove it.", address, where(first)), rng))
		return false
	}
	l.seen[address] = rng
	return true
}

// within says where an expression stands: which names of its
// block's instance it may use.
type within struct {
	block                 *Block
	on, each, count, self bool
	// varsOnly is true for validations: they run before anything else has a
	// value.
	varsOnly bool
}

// pendingExpr is an expression, or a step of loading, that waits until all blocks
// are declared.
type pendingExpr struct {
	expr   hcl.Expression
	within within
	refs   *[]Reference
	step   func()
}

// expr remembers an expression. Its references are resolved into refs after all
// blocks are declared.
func (l *loader) expr(e hcl.Expression, w within, refs *[]Reference) {
	l.pending = append(l.pending, pendingExpr{expr: e, within: w, refs: refs})
}

func (l *loader) later(step func()) { l.pending = append(l.pending, pendingExpr{step: step}) }
