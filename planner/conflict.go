package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// conflict is what instances of one block, or of two, do to each other. It is one
// diagnostic, however many instances there are.
type conflict struct {
	conflictKey
	// as and bs are the instances of a and of b. The first of each are a pair, and stand
	// for the others.
	as, bs   []*instance
	known    map[*instance]bool // those in as and bs
	machines map[*machine]bool
	tell     func(*conflict) *hcl.Diagnostic
}

// conflictKey tells conflicts apart. how is the sort of conflict. host is the machine that
// said what it follows from, nil if the configuration says so.
type conflictKey struct {
	a, b  *node
	thing kind.Thing
	how   string
	host  *machine
}

// note adds a pair to the conflicts. The two are told once, however many names the thing
// has. subject is that of the two which is to blame. If only one host said that they are in
// conflict, nothing is said about other machines.
func (c *conflicts) note(first, second claim, subject *instance, thing kind.Thing, how string, tell func(*conflict) *hcl.Diagnostic) {
	a, b := first.inst, second.inst
	if !c.newConflict(a, b) {
		return
	}
	key := conflictKey{a: a.node, b: b.node, thing: thing, how: how}
	if first.said || second.said {
		key.host, subject.refused = a.machine, true
	}
	f := c.groups[key]
	if f == nil {
		f = &conflict{conflictKey: key, tell: tell}
		c.groups[key], c.found = f, append(c.found, f)
	}
	f.add(a, b)
}

func (f *conflict) add(a, b *instance) {
	if f.known == nil {
		f.known, f.machines = map[*instance]bool{}, map[*machine]bool{}
	}
	if !f.known[a] {
		f.as = append(f.as, a)
	}
	if !f.known[b] {
		f.bs = append(f.bs, b)
	}
	f.known[a], f.known[b], f.machines[a.machine] = true, true, true
}

// newConflict notes a pair of instances in conflict. It returns false if the
// pair has been noted already.
func (c *conflicts) newConflict(a, b *instance) bool {
	if c.told[[2]*instance{a, b}] || c.told[[2]*instance{b, a}] {
		return false
	}
	c.told[[2]*instance{a, b}] = true
	return true
}

// flush reports the conflicts that were noted.
func (c *conflicts) flush() {
	for _, f := range c.found {
		d := f.tell(f)
		subject := f.bs[0]
		if f.how == howTakes || f.how == howRemovesLine || f.how == howRemovesEntry || f.how == howInKey {
			subject = f.as[0]
		}
		if f.host != nil {
			d.Extra = Location{Address: subject.addr, Host: true, Own: kind.Unquoted(d.Detail, nil).Own()}
		}
		c.report(subject, d)
	}
	c.groups, c.found = map[conflictKey]*conflict{}, nil
}

// The sorts of conflicts.
const (
	howWhole        = "whole"
	howRemoves      = "removes"
	howOrder        = "order"
	howOwners       = "owners" // and the argument
	howSame         = "same"
	howSameMarker   = "same marker"
	howSameKey      = "same key"
	howInKey        = "in key"
	howSameEntry    = "same entry"
	howRemovesEntry = "removes entry"
	howSameItem     = "same item"
	howTakes        = "takes"
	howRemovesLine  = "removes line"
	howSaves        = "saves"
	howCovered      = "covered"
)

// undoes is the advice about two blocks that own one thing.
const undoes = "Each would undo what the other did at every apply. Remove one, or put both into one block."

// claimConflict is blocks that manage one thing. It is told at the second of them.
func (c *conflicts) claimConflict(first, second claim, thing kind.Thing, how, advice string) {
	c.note(first, second, second.inst, thing, how, func(f *conflict) *hcl.Diagnostic {
		at := f.b.block.Range
		if f.a == f.b && how == howWhole {
			arg := claimingArgument(f.b, thing)
			at, advice = f.b.block.AttrRange(arg), "Each would undo what the others did at every apply. "+f.sameValue(arg)
		}
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: &at,
			Detail: fmt.Sprintf("%s manage %s on %s. %s", f.all(), thing.Phrase(), f.where(), advice),
		}
	})
}

// claimingArgument is the argument by which a block claims a thing.
func claimingArgument(n *node, thing kind.Thing) string {
	for _, a := range n.block.Def.Args.Attrs {
		if what, _ := thing.Parts(); a.Claims+a.Edits == what {
			return a.Name
		}
	}
	return ""
}

// entryArgument is the argument that names the entry of a block: of the required ones the last.
func entryArgument(n *node) string {
	name := ""
	for _, a := range n.block.Def.Args.Attrs {
		if a.Required {
			name = a.Name
		}
	}
	return name
}

// editConflict is two edits of one thing that undo each other: a does to the
// line of b what the clash says.
func (c *conflicts) editConflict(first, second *edit, thing kind.Thing, clash resource.Clash) {
	how, subject := "", first.inst
	arg := findingArgument(subject)
	var detail func(*conflict) string
	switch clash {
	case resource.Agree:
		return
	case resource.SameRegexp:
		how, subject, arg = howSame, second.inst, findingArgument(second.inst)
		detail = func(f *conflict) string {
			other := findingArgument(f.as[0])
			why := "their " + arg + " is the same"
			if other != arg {
				why = other + " and " + arg + " find the same"
			}
			return fmt.Sprintf("%s look for the same line: %s. Each would undo what the other did at every apply. Remove one, or have each find its own line only%s.", f.sides(), why, keyHint(f.as[0], f.bs[0]))
		}
	case resource.SameMarker:
		how, subject, arg = howSameMarker, second.inst, "marker"
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s are about the same block: their marker is the same. Each would undo what the other did at every apply. Remove one, or give each block a marker of its own%s.", f.sides(), keyHint(f.as[0], f.bs[0]))
		}
	case resource.SameKey:
		how, subject, arg = howSameKey, second.inst, second.KeyArg
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s are about the same part of the file: their %s is the same. Each would undo what the other did at every apply. Remove one, or give each a %s of its own%s.", f.sides(), arg, arg, keyHint(f.as[0], f.bs[0]))
		}
	case resource.InKey:
		how, arg = howInKey, first.KeyArg
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s would change a part of what %s sets as a whole: the %s of the first leads there. Each would undo what the other did at every apply. Remove one, or put both into one block.", f.side(f.as), f.side(f.bs), arg)
		}
	case resource.SameEntry:
		how, subject, arg = howSameEntry, second.inst, entryArgument(second.inst.node)
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s are about the same entry. Each would undo what the other did at every apply. Remove one, or give each block an entry of its own%s.", f.sides(), keyHint(f.as[0], f.bs[0]))
		}
	case resource.RemovesEntry:
		how, arg = howRemovesEntry, "exclusive"
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s removes all entries but its own, and so the one that %s adds, at every apply. Put both into the first block, or take exclusive out.", f.side(f.as), f.side(f.bs))
		}
	case resource.SameItem:
		how, subject, arg = howSameItem, second.inst, ""
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s are about the same entry of a file. Each would undo what the other did at every apply. Remove one, or name another entry in each%s.", f.sides(), keyHint(f.as[0], f.bs[0]))
		}
	case resource.TakesLine:
		how = howTakes
		detail = func(f *conflict) string {
			return fmt.Sprintf("The %s of %s %s the line of %s, so it changes that line, and the other block adds it again, at every apply. Have it find only the lines that %s means.", arg, f.side(f.as), finds(arg), f.side(f.bs), f.as[0].addr)
		}
	case resource.RemovesLine:
		how = howRemovesLine
		detail = func(f *conflict) string {
			return fmt.Sprintf("%s removes the line that %s adds, at every apply. Remove one of them, or have the %s of the first find only the lines that should go.", f.side(f.as), f.side(f.bs), arg)
		}
	}
	c.note(first.claim, second.claim, subject, thing, how, func(f *conflict) *hcl.Diagnostic {
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Two edits undo each other", Subject: subject.block().AttrRange(arg).Ptr(),
			Detail: detail(f) + fmt.Sprintf(" Both edit %s on %s.", thing.Phrase(), f.where()),
		}
	})
}

// findingArgument is the argument by which an edit says which part of a thing it means.
func findingArgument(i *instance) string {
	for _, name := range []string{"regexp", "search"} {
		if i.wire[name] != nil {
			return name
		}
	}
	return "line"
}

// finds says of an argument that it means a line.
func finds(arg string) string {
	if arg == "regexp" {
		return "matches"
	}
	return "finds"
}
