package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Save is a file on the controller that a call writes: one of its results goes there
// while it comes. Nothing is saved while planning.
type Save struct {
	// Attr is the argument that names the file; Path is absolute.
	Attr, Path string
	// Hidden is true if the path may not be shown.
	Hidden bool
	// Most is how many bytes there may be; -1 if only the disk says so.
	Most int64
	// Results are the results that say what was saved, each by "size" or "sha256".
	Results map[string]string
}

// addSave finds out which file of the controller an instance writes.
func (p *Planner) addSave(i *instance) hcl.Diagnostics {
	i.save = nil
	def := i.block().Def
	attr, path := def.Saves(i.wire)
	if attr == nil {
		return nil
	}
	hidden := contains(i.sensitive, attr.Name)
	at, diags := p.cfg.SavePath(i.block(), *attr, path, hidden)
	if diags.HasErrors() {
		return diags
	}
	i.save = &Save{Attr: attr.Name, Path: at, Hidden: hidden, Most: -1, Results: savedResults(def)}
	if n, ok := def.Most(i.wire); ok {
		i.save.Most = n
	}
	return nil
}

func savedResults(def *kind.Kind) map[string]string {
	out := map[string]string{}
	for _, a := range def.Results.Attrs {
		if a.Saved != "" {
			out[a.Name] = a.Saved
		}
	}
	return out
}

// addLateSave is addSave for an instance whose arguments became known while applying.
// A file that another instance writes is an error before anything is done.
func (p *Planner) addLateSave(i *instance) hcl.Diagnostics {
	diags := p.addSave(i)
	if i.save == nil {
		return diags
	}
	if bad := p.reservedSave(i); bad != nil {
		return hcl.Diagnostics{bad}
	}
	for _, n := range p.nodes {
		for _, q := range n.insts {
			if q != i && q.savesIn(i.save.Path) {
				f := &conflict{conflictKey: conflictKey{a: q.node, b: i.node, how: howSaves}}
				f.add(q, i)
				return hcl.Diagnostics{saveConflict(f)}
			}
		}
	}
	return diags
}

// savesIn reports whether an instance that is planned writes a file of the controller.
func (i *instance) savesIn(path string) bool {
	return i.save != nil && i.save.Path == path && (i.verdict == done || i.verdict == deferred)
}

// ReservedFile says what a file of the controller is that no call may save to; "" for
// any other.
func (p *Planner) ReservedFile(path string) string {
	if what := p.opts.Files[path]; what != "" {
		return what
	}
	return p.cfg.Reserved(path)
}

// reservedSave is the problem of an instance that would write a file that mitoplan uses
// itself; nil if it is another.
func (p *Planner) reservedSave(i *instance) *hcl.Diagnostic {
	what := p.ReservedFile(i.save.Path)
	if what == "" {
		return nil
	}
	return config.ReservedSave(i.block(), i.save.Attr, i.save.Path, what, i.save.Hidden)
}

// checkSaves finds instances that would write one file of the controller, or one that
// mitoplan uses itself. Each is reported once. It is called when all sources have been
// read.
func (p *Planner) checkSaves() {
	first := map[string]*instance{}
	for _, n := range p.sourceOrder() {
		for _, i := range n.insts {
			if i.save == nil || !i.savesIn(i.save.Path) {
				continue
			}
			if bad := p.reservedSave(i); bad != nil {
				p.problems.reportDiag(i, bad)
				continue
			}
			q := first[i.save.Path]
			if q == nil {
				first[i.save.Path] = i
				continue
			}
			p.conflicts.note(claim{inst: q}, claim{inst: i}, i, kind.Thing(i.save.Path), howSaves, saveConflict)
		}
	}
	p.conflicts.flush()
}

func saveConflict(f *conflict) *hcl.Diagnostic {
	a, b := f.as[0], f.bs[0]
	hint := "Give each a path of its own."
	if f.a == f.b {
		hint = f.sameValue(b.save.Attr)
	}
	path := b.save.Path
	if a.save.Hidden || b.save.Hidden {
		path = "(sensitive)"
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two calls save one file", Subject: b.block().AttrRange(b.save.Attr).Ptr(),
		Detail: fmt.Sprintf("%s write the file %s on the machine that mitoplan runs on, and each would replace what an earlier one saved. %s", f.all(), path, hint),
	}
}
