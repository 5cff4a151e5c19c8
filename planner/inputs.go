package planner

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// Inputs are the names of the variables that reach more than the login of a
// context, in order. Of those that are sensitive or ephemeral a saved plan can
// be applied with no others; a password that only opens a context may differ,
// since the host that takes it decides. It follows from the configuration
// alone, and so is the same when a plan is made and when it is applied.
func Inputs(cfg *config.Config) []string {
	w := inputs{cfg: cfg, vars: map[string]bool{}, locals: map[string]bool{}}
	for _, b := range cfg.Contexts {
		for _, r := range b.References() {
			if !inLogin(b, r.Range) {
				w.reach(r)
			}
		}
	}
	for _, blocks := range [][]*config.Block{cfg.Resources, cfg.Calls} {
		for _, b := range blocks {
			w.reachAll(b.References())
		}
	}
	for _, o := range cfg.Outputs {
		w.reachAll(o.References())
	}
	return sortedKeys(w.vars)
}

// inputs collects variables, through locals.
type inputs struct {
	cfg          *config.Config
	vars, locals map[string]bool
}

func (w *inputs) reachAll(refs []config.Reference) {
	for _, r := range refs {
		w.reach(r)
	}
}

func (w *inputs) reach(r config.Reference) {
	switch r.Kind {
	case config.RefVar:
		w.vars[config.VariableName(r.Address)] = true
	case config.RefLocal:
		l := w.cfg.Local(r.Address)
		if l != nil && !w.locals[r.Address] {
			w.locals[r.Address] = true
			w.reachAll(l.References())
		}
	}
}

// inLogin reports whether a place is in an argument of a context that is secret
// by nature: a password, a key, a passphrase.
func inLogin(b *config.Block, at hcl.Range) bool {
	for name, attr := range b.Attrs {
		rng := attr.Expr.Range()
		if a, ok := b.Def.Args.Attr(name); ok && a.Secret && rng.Filename == at.Filename && rng.ContainsPos(at.Start) {
			return true
		}
	}
	return false
}
