package planner

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// isAnother says why what is recorded at the address of an instance is not the thing that
// the instance is about; "" if it is, or if that is not known.
func (rec *record) isAnother(i *instance, r Recorded) string {
	switch {
	case i.verdict != done || i.isCall() || r.Absent || r.Machine == "":
		return ""
	case r.Machine != i.machine.name:
		return "it is on " + config.Label(i.on.addr) + " now"
	case rec.isElsewhere(i, r):
		return ""
	}
	for _, a := range i.block().Def.Args.Attrs {
		texts := wireTexts(i.wire[a.Name])
		was := r.nameIn(a.Name)
		switch {
		case a.Claims+a.Edits == "" || was == "" || len(texts) != 1 || texts[0] == was:
		case contains(i.sensitive, a.Name):
			return "its " + a.Name + " is another now"
		default:
			return fmt.Sprintf("its %s is %s now", a.Name, texts[0])
		}
	}
	if (r.Created || rec.gathered(r)) && rec.knowsPart(r) && !rec.samePart(i, r) && !rec.sameLine(i, r) && !rec.takesLine(i, r) {
		return "its block is about another part of it now"
	}
	return ""
}

// heir is the instance that manages a recorded thing of a machine now, for example
// because its block was renamed; nil if there is none. If several blocks each manage a
// line of one file, then only a block that edits the same line, or owns the whole file,
// has taken it over.
func (rec *record) heir(m *machine, r Recorded) *instance {
	if m == nil {
		return nil
	}
	for _, thing := range rec.thingsOf(r) {
		for _, c := range m.things[thing] {
			if c.whole || !rec.isEdit(r) || c.inst.block().Kind == r.Kind && rec.editsSame(c.inst, r) {
				return c.inst
			}
		}
	}
	return nil
}

// editsSame reports whether an instance edits what is recorded of an edit of its kind: it has
// the same arguments, is about the same part, or has the same line there.
func (rec *record) editsSame(i *instance, r Recorded) bool {
	if r.Begun == nil && r.Args != nil && len(rec.newerArgs(i, r.Args)) == 0 {
		return true
	}
	return rec.knowsPart(r) && !i.block().Def.Absent(i.wire) && (rec.samePart(i, r) || rec.sameLine(i, r) || rec.takesLine(i, r))
}

// knowsPart reports whether the record tells of which part of its thing an edit is: what was a
// secret is not recorded.
func (rec *record) knowsPart(r Recorded) bool {
	return rec.isEdit(r) && r.End != nil && len(r.End.Secret) == 0
}

// sameLine reports whether an instance has a recorded line in its file, however it finds the
// place.
func (rec *record) sameLine(i *instance, r Recorded) bool {
	now, was := rec.parts.Of(i.block().Def, rec.endOf(i).Args, nil).Line, rec.parts.Of(i.block().Def, r.End.Args, nil).Line
	return now != nil && was != nil && *now == *was
}

// takesLine reports whether the plan found that an instance edits the very line that is
// recorded: its expression finds that line, or none, and the line is there. What took the
// place of a line that an apply added is that line still.
func (rec *record) takesLine(i *instance, r Recorded) bool {
	if i.change == nil || i.block().Def.Absent(i.wire) {
		return false
	}
	now, was := rec.parts.Of(i.block().Def, rec.endOf(i).Args, nil), rec.parts.Of(i.block().Def, r.End.Args, nil)
	if was.Line == nil {
		return false
	}
	found := func(t resource.Trait) bool { return slices.ContainsFunc(i.change.Traits, t.Equal) }
	there := now.Line != nil && *now.Line == *was.Line && found(resource.ThereTrait(now.Expr, *was.Line, true))
	if now.Regexp == nil {
		return there
	}
	return found(resource.MatchTrait(now.Expr, now.Match, []byte(*was.Line))) || there && found(resource.MatchTrait(now.Expr, now.Match, nil))
}

// samePart reports whether an instance is about the recorded part of a thing.
func (rec *record) samePart(i *instance, r Recorded) bool {
	def := i.block().Def
	return rec.parts.Of(def, rec.endOf(i).Args, nil).Same(rec.parts.Of(def, r.End.Args, nil))
}

// thingsOf are the names of a recorded thing: as the host resolved it,
// and as the configuration had it.
func (rec *record) thingsOf(r Recorded) []kind.Thing {
	var out []kind.Thing
	if r.Thing != "" {
		out = append(out, r.Thing)
	}
	if def := rec.kindOf(r.Kind); def != nil {
		for _, a := range def.Args.Attrs {
			if text := r.Identity[a.Name]; text != "" && a.Claims+a.Edits != "" {
				out = append(out, kind.ThingOf(a.Claims+a.Edits, text))
			}
		}
	}
	return out
}

// isEdit reports whether a part of a thing was recorded.
func (rec *record) isEdit(r Recorded) bool {
	def := rec.kindOf(r.Kind)
	if def == nil {
		return false
	}
	for _, a := range def.Args.Attrs {
		if a.Edits != "" {
			return true
		}
	}
	return false
}

// noteMadeByEdits notes what the record has, or the plan, as made along with an edit of it, as a
// file is for a line that is put into it. It is called before an apply takes anything out of the
// record.
func (p *Planner) noteMadeByEdits() {
	rec := p.record
	rec.byEdits, rec.besideEdits = map[string]bool{}, map[string]bool{}
	for _, n := range p.nodes {
		for _, i := range n.insts {
			if i.departs == nil && !i.isCall() && i.change != nil && i.change.Kept != nil && !i.whole() {
				if thing := rec.subject(i, i.change); i.change.Kept.Made(thing) {
					rec.byEdits[rec.place(i, thing)] = true
				}
				for _, thing := range i.change.Kept.Along {
					rec.besideEdits[rec.place(i, thing)] = true
				}
			}
		}
	}
	if rec.prior == nil {
		return
	}
	for _, addr := range rec.prior.Addresses() {
		r, _ := rec.lookup(addr)
		if !r.Created || !rec.isEdit(r) || r.End == nil || r.End.Kept == nil {
			continue
		}
		if r.End.Kept.Made(r.Thing) {
			rec.byEdits[placeOf(r.LeadsTo, r.Machine, r.Thing)] = true
		}
		for _, thing := range r.End.Kept.Along {
			rec.besideEdits[placeOf(r.LeadsTo, r.Machine, thing)] = true
		}
	}
}

// madeByEdit reports whether an apply made what an instance is the whole of along with an edit of
// it. Then the whole was not there before, either.
func (rec *record) madeByEdit(i *instance) bool {
	return !i.isCall() && i.whole() && i.departs == nil && rec.wasMadeByEdit(i)
}

// wasMadeByEdit reports whether an apply makes the thing of an instance along with an edit of it,
// or did.
func (rec *record) wasMadeByEdit(i *instance) bool {
	thing := rec.subject(i, i.change)
	return thing != "" && rec.byEdits[rec.place(i, thing)]
}

// keptOf is what is recorded for the end of what a change made. With whichever edit goes last goes
// the thing that was made along with one of them, so each is recorded with it. So it is with each
// other thing that an edit writes, as a block with lines in two files does.
func (rec *record) keptOf(i *instance, c *resource.Change) *resource.Kept {
	if i.whole() || i.change == nil {
		return c.Kept
	}
	var more []kind.Thing
	subject := rec.subject(i, i.change)
	for k, thing := range i.change.Writes {
		made := rec.besideEdits[rec.place(i, thing)]
		if k == 0 {
			made = thing == subject && rec.wasMadeByEdit(i)
		}
		if made && !(c.Kept != nil && c.Kept.Made(thing)) {
			more = append(more, thing)
		}
	}
	if len(more) == 0 {
		return c.Kept
	}
	kept := resource.Kept{}
	if c.Kept != nil {
		kept = *c.Kept
	}
	kept.Along = append(slices.Clip(kept.Along), more...)
	return &kept
}

// place is where an instance has a thing.
func (rec *record) place(i *instance, thing kind.Thing) string {
	return placeOf(rec.leadsTo(i.on), i.machine.name, thing)
}

func placeOf(leadsTo, machine string, thing kind.Thing) string {
	return leadsTo + " " + machine + " " + string(thing)
}

// becameAnother reports whether an instance is about another thing than what is recorded at
// its address: in another place, of another name, at the end of another link, or another part
// of the thing. A part that is asked to be gone is nothing that an apply made.
func (rec *record) becameAnother(i *instance, was Recorded, identity map[string]string) bool {
	if was.Machine == "" || i.isCall() || was.Absent {
		return false
	}
	if rec.ledElsewhere(i, was) || !rec.inPlace(i.on, was) || !maps.Equal(was.Identity, identity) || rec.isEdit(was) && i.block().Def.Absent(i.wire) {
		return true
	}
	return rec.isEdit(was) && was.End != nil && !rec.samePart(i, was) && !rec.takesLine(i, was)
}

// ledElsewhere reports whether the path of an instance led elsewhere when that was recorded,
// as a link on the way led elsewhere.
func (rec *record) ledElsewhere(i *instance, r Recorded) bool {
	now := rec.subject(i, i.change)
	return r.Thing != "" && now != "" && r.Thing != now
}

// newest returns, for each recorded thing, the address that was recorded last:
// that one alone tells what became of the thing. Of those recorded at one time the last
// address counts.
func (rec *record) newest() map[string]string {
	last, times := map[string]string{}, map[string]time.Time{}
	for _, address := range rec.prior.Addresses() {
		r, _ := rec.lookup(address)
		key := rec.keyOfThing(address, r)
		if t, ok := times[key]; !ok || r.Applied.After(t) || r.Applied.Equal(t) && address > last[key] {
			last[key], times[key] = address, r.Applied
		}
	}
	return last
}

// keyOfThing is the same for addresses that were recorded with one thing. A part of a thing, and what
// says not enough of itself, has a key of its own.
func (rec *record) keyOfThing(address string, r Recorded) string {
	if r.Machine == "" || len(r.Identity) == 0 || rec.isEdit(r) {
		return address
	}
	return fmt.Sprintf("%s %s %q", r.Kind, r.Machine, r.Identity)
}
