package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// A block that writes all of a thing and the blocks that edit a part of it belong
// together. The edits start from the content that the owner writes. If the owner writes
// without them, it undoes what an earlier apply of the edits made. So an owner that
// would change content is held back if an edit that comes after it, and would repair
// that, is not part of this plan. Everything else goes on, and the other edits are
// checked again on top of what is there. A thing that does not exist yet has nothing to
// undo.

// holdBack holds back the instances that would undo an edit which is not looked
// at, and reports whether there was one more. It never lets go what it holds back, so
// repeated calls come to an end. Only renew does, and looks at each instance once.
func (p *Planner) holdBack() bool {
	rewriters := p.rewriters()
	if len(rewriters) == 0 {
		return false
	}
	parts := &p.parts
	absent := map[kind.Thing][]*absentee{}
	for _, e := range p.absent.edits() {
		for _, thing := range e.things {
			absent[thing] = append(absent[thing], e)
		}
	}
	if len(absent) == 0 {
		return false
	}
	any := false
	for _, i := range rewriters {
		if !i.rewrites() {
			continue // It is looked at again, without one that is held back.
		}
		if missing := newEdit(claim{inst: i, whole: i.whole()}, parts).undoes(absent); len(missing) > 0 {
			p.hold(i, missing)
			any = true
		}
	}
	return any
}

// rewriters are the edits and owners that change content which is there.
func (g *graph) rewriters() []*instance {
	var out []*instance
	for _, n := range g.nodes {
		for _, i := range n.insts {
			if i.rewrites() {
				out = append(out, i)
			}
		}
	}
	return out
}

// rewrites reports whether an instance changes the content of a thing that is
// there. Content that is hidden counts as changed: a saved plan does not have it.
func (i *instance) rewrites() bool {
	if i.isCall() || i.change == nil || !i.changes() || i.stood() {
		return false
	}
	switch i.change.Op {
	case resource.Create, resource.Delete:
		return false
	}
	before, after := i.hidden()
	def := i.block().Def
	content := def.Parts()
	if before[content] || after[content] {
		return true
	}
	was, isWas := i.change.Before[content]
	will, isWill := i.change.After[content]
	return isWas != isWill || !alike(was, will) || slices.ContainsFunc(i.unknown, func(name string) bool { return def.ShowsIn(name) == content })
}

// rewritten are the planned edits that mend what an instance does: it writes all
// of a thing that is there, and they change parts of that.
func rewritten(i *instance) []*instance {
	if !i.rewrites() || !i.whole() || !newEdit(claim{inst: i}, &resource.Parts{}).Whole {
		return nil
	}
	var out []*instance
	for _, thing := range i.things {
		for _, c := range i.machine.things[thing] {
			if !c.whole && c.inst.changes() && !slices.Contains(out, c.inst) {
				out = append(out, c.inst)
			}
		}
	}
	return out
}

// undoes returns the edits, of those that are not looked at, that a rewriter
// undoes. The owner of the whole undoes all of them; an edit undoes those
// declared after it that clash with it.
func (w *edit) undoes(absent map[kind.Thing][]*absentee) []*absentee {
	var out []*absentee
	for _, thing := range w.inst.things {
		for _, e := range absent[thing] {
			switch {
			case w.whole && !w.Whole:
			case !e.on(w.inst.machine) || slices.Contains(out, e):
			case w.whole && e.inst != nil && comesAfter(w.inst, e.inst):
			case !w.whole && !(compareDeclared(w.inst.node, e.node) <= 0 && w.Part.Undoes(e.part)):
			case e.waitsFor(w.inst):
			default:
				out = append(out, e)
			}
		}
	}
	return out
}

// hold ends an instance as the edits ended that it would undo. If one of these
// failed, that counts before all else. What was checked on top of the instance
// is checked again without it.
func (p *Planner) hold(i *instance, missing []*absentee) {
	i.held = true
	v := deferred
	for _, e := range missing {
		if e.verdict == skipped || e.verdict == excluded && v == deferred {
			v = e.verdict
		}
	}
	i.finish(v, "it would undo "+listAbsent(missing))
	for _, thing := range i.change.Writes {
		i.machine.writesNoMore(thing, i)
	}
	var anew []*instance
	for _, f := range i.followers {
		if f.goesPast(i) {
			p.rewind.askAgain(f)
			anew = append(anew, f)
		}
		p.dirty[f] = true
	}
	p.rewind.evaluateUsers(anew)
}

// maxMissing is how many edits a message names.
const maxMissing = 3

// listAbsent lists the first edits, with the reason of each.
func listAbsent(list []*absentee) string {
	said := make([]string, len(list))
	for k, e := range list {
		said[k] = e.said()
	}
	return prose.List(said, maxMissing)
}

// tellHeld adds a warning for what was held back, and for edits of which nobody
// can tell whether something undoes them.
func (p *Planner) tellHeld() {
	for _, n := range p.sourceOrder() {
		for _, i := range n.insts {
			if i.held && i.verdict != pending && i.verdict != done {
				p.problems.reportDiag(i, &hcl.Diagnostic{
					Severity: hcl.DiagWarning, Summary: "Not changed without the edits that belong to it", Subject: n.block.Range.Ptr(),
					Detail: fmt.Sprintf("%s is %s: it %s. If edits of a file are missing, writing the whole file would undo them. Nothing is changed there until all of them can be planned.", i.addr, i.verdict.word(), strings.TrimPrefix(i.reason, "it ")),
				})
			}
		}
	}
	p.tellUnknownEdits()
}

// word says how an instance that is not in the plan ended.
func (v verdict) word() string {
	switch v {
	case excluded:
		return "left out, too"
	case deferred:
		return "deferred"
	}
	return "skipped"
}

func (p *Planner) tellUnknownEdits() {
	parts := &p.parts
	var owners []*instance
	for _, i := range p.rewriters() {
		if i.whole() && newEdit(claim{inst: i}, parts).Whole {
			owners = append(owners, i)
		}
	}
	if len(owners) == 0 {
		return
	}
	var unknown []*absentee
	var first *instance
	for _, e := range p.absent.edits() {
		at := slices.IndexFunc(owners, func(o *instance) bool { return e.on(o.machine) })
		if len(e.things) > 0 || at < 0 {
			continue
		}
		if first == nil {
			first = owners[at]
		}
		unknown = append(unknown, e)
	}
	if first == nil {
		return
	}
	p.problems.reportDiag(first, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "An edit may be undone", Subject: first.block().Range.Ptr(),
		Detail: fmt.Sprintf("%s is written without edits that are not part of this plan and whose path is not known: %s. If one of them edits the same file, or another one that this plan writes there, its change is undone until it is applied again. Give these edits a path that is known without a host, or plan everything.", first.addr, listAbsent(unknown)),
	})
}
