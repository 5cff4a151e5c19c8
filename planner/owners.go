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
	values, seen := map[string][]ownerValue{}, map[[2]string]bool{}
	for _, e := range blocks {
		for _, attr := range sortedKeys(e.Owners) {
			v := ownerValue{claim: e.claim, text: e.Owners[attr], real: e.inst.realOwner(attr)}
			if !seen[[2]string{attr, v.text}] {
				c.ownerConflict(thing, attr, v, values[attr])
				values[attr], seen[[2]string{attr, v.text}] = append(values[attr], v), true
			}
		}
	}
}

// ownerConflict notes the first value that another one differs from.
func (c *conflicts) ownerConflict(thing kind.Thing, attr string, v ownerValue, before []ownerValue) {
	for _, w := range before {
		if a, _ := v.inst.block().Def.Attr(attr); v.differs(a, w) {
			c.reportOwners(thing, attr, w, v)
			return
		}
	}
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
	c.note(first.claim, second.claim, second.inst, thing, howOwners+" "+attr, func(f *conflict) *hcl.Diagnostic {
		others, both, one := "", "both", "one"
		if len(f.as)+len(f.bs) > 2 {
			others, both, one = " and others", "all", "all but one"
		}
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Two claims on one thing", Subject: f.bs[0].block().AttrRange(attr).Ptr(),
			Detail: fmt.Sprintf("%s say the %s of %s on %s: %s and %s%s. Each would undo what the other did at every apply. Give %s the same %s, or leave it out of %s.",
				f.all(), attr, thing.Phrase(), f.where(), first.quoted(attr), second.quoted(attr), others, both, attr, one),
		}
	})
}

// quoted is the value for a message.
func (v ownerValue) quoted(attr string) string {
	if contains(v.inst.sensitive, attr) {
		return "one that is sensitive"
	}
	return fmt.Sprintf("%q", v.text)
}
