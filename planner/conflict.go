package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// claimConflict is two blocks that both manage one thing. It is told once, at
// the second of them, however many names the thing has.
func (c *conflicts) claimConflict(first, second claim, thing kind.Thing, advice string) {
	a, b := first.inst, second.inst
	if !c.newConflict(a, b) {
		return
	}
	c.reportConflict(b, first.said || second.said, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: b.block().Range.Ptr(),
		Detail: fmt.Sprintf("%s and %s both manage %s on %s. %s", withPlace(a), withPlace(b), thing.Phrase(), a.machine.name, advice),
	})
}

// reportConflict reports a conflict. If it follows only from what one host said,
// nothing is said about other machines.
func (c *conflicts) reportConflict(i *instance, said bool, d *hcl.Diagnostic) {
	if said {
		d.Extra = Location{Address: i.addr, Host: true}
		i.refused = true
	}
	c.report(i, d)
}

// newConflict notes a pair of instances in conflict. It returns false if the
// pair has been reported already.
func (c *conflicts) newConflict(a, b *instance) bool {
	if c.told[[2]*instance{a, b}] || c.told[[2]*instance{b, a}] {
		return false
	}
	c.told[[2]*instance{a, b}] = true
	return true
}

// editConflict is two edits of one thing that undo each other: a does to the
// line of b what the clash says.
func (c *conflicts) editConflict(first, second *edit, thing kind.Thing, clash resource.Clash) {
	a, b := first.inst, second.inst
	if clash == resource.Agree || !c.newConflict(a, b) {
		return
	}
	subject := a
	var detail string
	switch clash {
	case resource.SameRegexp:
		subject = b
		detail = fmt.Sprintf("%s and %s look for the same line: their regexp is the same. Each would undo what the other did at every apply. Remove one, or have each regexp match its own line only%s.", withPlace(a), withPlace(b), keyHint(a, b))
	case resource.TakesLine:
		detail = fmt.Sprintf("The regexp of %s matches the line of %s, so it changes that line, and the other block adds it again, at every apply. Have the regexp match only the lines that %s means.", withPlace(a), withPlace(b), a.addr)
	case resource.RemovesLine:
		detail = fmt.Sprintf("%s removes the line that %s adds, at every apply. Remove one of them, or have the regexp of the first match only the lines that should go.", withPlace(a), withPlace(b))
	}
	c.reportConflict(subject, first.said || second.said, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two edits undo each other", Subject: subject.block().AttrRange("regexp").Ptr(),
		Detail: detail + fmt.Sprintf(" Both edit %s on %s.", thing.Phrase(), a.machine.name),
	})
}

// keyHint is for two instances of one block, which differ in their keys alone.
func keyHint(a, b *instance) string {
	if a.node != b.node || !a.node.perEach {
		return ""
	}
	if a.node.counted {
		return ", such as with count.index in it"
	}
	return ", such as with each.key in it"
}

// withPlace is an instance with the file and line of its block.
func withPlace(i *instance) string {
	r := i.block().Range
	return fmt.Sprintf("%s (%s:%d)", i.addr, r.Filename, r.Start.Line)
}
