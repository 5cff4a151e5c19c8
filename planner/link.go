package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// link adds the edges to the instances that come before this one. It returns
// false if a block that the instance refers to has not expanded, or if the
// instance has settled because of it.
func (p *Planner) link(i *instance) bool {
	if i.passed(linked) {
		return true
	}
	for _, r := range i.node.refs {
		if !r.ordered || r.to.expanded() {
			continue
		}
		switch {
		case r.to.failed():
			p.settle(i, skipped, r.to.addr+" failed")
			return false
		case r.to.leftOut():
			p.settle(i, excluded, r.to.addr+" is left out")
			return false
		case r.to.deferred != "":
			p.settle(i, deferred, "waits for "+r.to.addr)
			return false
		}
		p.seek(r.to)
		p.wakeRefs(r.to)
		return false
	}
	for _, r := range i.node.refs {
		if !r.ordered {
			continue
		}
		matched := match(i, r)
		if d := noInstance(r, matched); d != nil {
			p.failDiags(i, hcl.Diagnostics{d})
			return false
		}
		for _, q := range matched {
			p.addPred(i, q)
			if r.trigger {
				i.triggers = append(i.triggers, q)
			}
		}
	}
	i.move(link)
	return true
}

// noInstance returns the error of a reference in depends_on or triggered_by that
// names an instance which does not exist: what waits for it would never run. If
// the block has no instances at all, any may be named.
func noInstance(r ref, matched []*instance) *hcl.Diagnostic {
	if !r.explicit || r.Key == cty.NilVal || len(r.to.insts) == 0 || len(matched) > 0 {
		return nil
	}
	given := config.Address{Block: r.to.addr, Keys: []config.Key{{Text: keyString(r.Key), Index: r.Key.Type() == cty.Number}}}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: config.NoSuchInstance,
		Detail: config.WhichInstances(given, r.to.addressed()), Subject: r.Range.Ptr(),
	}
}

func (p *Planner) addPred(i, q *instance) {
	if i.follow(q) {
		p.want(q)
	}
}

// orderAdded is called by ordering when i was put after q because of what they are
// about. If i was checked already, it is checked again, and what was made of its values
// is evaluated anew.
func (p *Planner) orderAdded(i, q *instance) {
	p.want(q)
	if i.asked() && !i.isContext() {
		p.rewind.askAgain(i)
		p.rewind.evaluateUsers([]*instance{i})
	}
}
