package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// ownerValue is an owner, group or mode that a block asks for.
type ownerValue struct {
	claim
	text string
	// real is what the machine says of it, if that is known: a name and a
	// number may be one owner.
	real string
}

// checkOwners finds blocks of one thing that ask for different owners or
// permissions, so that each would undo the other at every apply. A block is
// compared with each value that came before it, and not with each block.
func (c *conflicts) checkOwners(thing kind.Thing, blocks []*edit) {
	values := map[string][]ownerValue{}
	for _, e := range blocks {
		for _, attr := range sortedKeys(e.Owners) {
			v := ownerValue{claim: e.claim, text: e.Owners[attr], real: e.inst.realOwner(attr)}
			if c.ownerConflict(thing, attr, v, values[attr]) {
				values[attr] = append(values[attr], v)
			}
		}
	}
}

// ownerConflict reports the first value that another one differs from, and
// returns whether the value is one more.
func (c *conflicts) ownerConflict(thing kind.Thing, attr string, v ownerValue, before []ownerValue) bool {
	for _, w := range before {
		if w.text == v.text {
			return false
		}
	}
	for _, w := range before {
		if a, _ := v.inst.block().Def.Attr(attr); v.differs(a, w) {
			c.reportOwners(thing, attr, w, v)
			break
		}
	}
	return true
}

func (v ownerValue) differs(attr kind.Attr, w ownerValue) bool {
	if attr.Form != "mode" && v.real != "" && w.real != "" {
		return v.real != w.real
	}
	return resource.OwnersDiffer(attr, v.text, w.text)
}

// realOwner is an owner or group as its machine knows it, "" if it has not
// said.
func (i *instance) realOwner(attr string) string {
	if i.change == nil {
		return ""
	}
	return wireText(i.change.After[attr])
}

func (c *conflicts) reportOwners(thing kind.Thing, attr string, first, second ownerValue) {
	a, b := first.inst, second.inst
	if !c.newConflict(a, b) {
		return
	}
	c.reportConflict(b, first.said || second.said, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: b.block().AttrRange(attr).Ptr(),
		Detail: fmt.Sprintf("%s and %s both say the %s of %s on %s: %s and %s. Each would undo what the other did at every apply. Give both the same %s, or leave it out of one.",
			withPlace(a), withPlace(b), attr, thing.Phrase(), a.machine.name, first.quoted(attr), second.quoted(attr), attr),
	})
}

// quoted is the value for a message.
func (v ownerValue) quoted(attr string) string {
	if contains(v.inst.sensitive, attr) {
		return "one that is sensitive"
	}
	return fmt.Sprintf("%q", v.text)
}
